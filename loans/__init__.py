"""The loan book: schedule arithmetic, relief, quotes, agreements and the loan tape."""

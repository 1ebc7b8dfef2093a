"""The loan tape: reading the lender's CSV files, checking every row, loading them, and reporting on it."""

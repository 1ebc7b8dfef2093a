"""The lender's rules and words as dated, sourced data, and the code that applies them."""

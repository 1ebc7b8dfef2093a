"""What the bot does: one action a file, each a thin adapter from a meaning to the loan book and an approved text."""

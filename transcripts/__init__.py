"""The conversation log: append-only, canonical, ready to be proved."""

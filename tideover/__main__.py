"""`python -m tideover` is the `tideover` command."""

from tideover.cli import main

main(prog_name="tideover")

"""Tideover: the command line, the settings, and the place where all parts are put together."""

__version__ = "0.1.0"

"""Set-up of Tideover's two Python environments. Standard library only; runs on Python 3.8 or newer."""

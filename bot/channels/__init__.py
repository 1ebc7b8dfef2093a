"""The ways in and out: each channel turns its updates into `Incoming`, and each has a sender."""

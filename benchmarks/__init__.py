"""Measurements that run our way and another's in one go and print the ratio."""

"""Versions on targets: what Git says is to run there, what runs, and how the one becomes the other."""

"""Models saved, loaded and checked with the libraries of whoever calls: what only they can tell of a live model."""

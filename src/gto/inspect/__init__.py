"""Facts about a model, read from its file: bytes in, facts out; no ML library is imported and nothing is run."""

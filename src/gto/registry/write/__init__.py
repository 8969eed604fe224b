"""Changes of a registry: read, decide, write, push."""

"""Several repositories as one registry."""

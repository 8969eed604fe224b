"""The pages: each is one value, rendered as HTML or as JSON."""

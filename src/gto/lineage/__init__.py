"""What made a version, how good it is, and how it differs from another."""

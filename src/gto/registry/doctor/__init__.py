"""What is wrong with a registry, and what mends it."""

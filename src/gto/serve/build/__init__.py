"""What runs a version elsewhere, made from its facts: requirements, environments, wheels, images."""

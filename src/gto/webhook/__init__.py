"""Webhooks: the signatures by which a receiver knows the sender."""

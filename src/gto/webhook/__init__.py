"""Webhooks: by what a receiver knows the sender, and which repository one is about."""

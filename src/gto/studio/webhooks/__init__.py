"""Webhooks of a team's Studio: what forges send in, and what goes out to who wants to know of events."""

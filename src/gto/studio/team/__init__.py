"""Studio for a team: people and their rights, and what Git cannot hold."""

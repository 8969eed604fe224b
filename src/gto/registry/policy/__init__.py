"""The policy of a repository: where it is found, what it lets be written, pushed and read."""

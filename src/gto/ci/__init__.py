"""What happens after an event: in a CI job, by a watcher, and in the formats of other systems."""

"""A watcher: it looks at a repository again and again, and hands each new event on, once."""

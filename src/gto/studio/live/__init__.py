"""Experiments while they run: what their posts say, where that is kept, and how it is shown."""

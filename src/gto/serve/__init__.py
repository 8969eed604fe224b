"""Versions at work: answering requests, packed for what runs them, and deployed where Git says."""

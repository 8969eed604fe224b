"""Machines that SSH reaches: a unit of systemd."""

"""Containers of Docker and Podman: one that is started, or a project of Compose."""

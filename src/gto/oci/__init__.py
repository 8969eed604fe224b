"""Versions as OCI artifacts, the same bytes each time: ModelPack, and modelcars that Kubernetes mounts."""

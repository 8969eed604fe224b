"""Clusters: Kubernetes and KServe by kubectl, Ray Serve by its dashboard."""

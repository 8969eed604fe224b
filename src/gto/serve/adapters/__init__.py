"""Versions behind the servers of others: KServe's, MLServer, Ray Serve; each is imported where it is used."""

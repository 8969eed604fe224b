"""Studio as a registry of OCI, which only reads: skopeo, oras, container runtimes and KServe pull versions from it."""

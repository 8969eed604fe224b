"""The server of `gto serve`: the Open Inference Protocol over HTTP, and versions that replace each other."""

"""Files of this machine: locks between processes, files written whole, where a cache is."""

"""The files of a version, on disk: selector, commit, path, locations, bytes."""

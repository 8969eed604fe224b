"""The room where read, decide and write meet: one repository's registry."""

"""YAML texts of strangers, with the places of their values, and edits that touch nothing else."""

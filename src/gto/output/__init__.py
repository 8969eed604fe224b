"""What several commands and exports print: published JSON, tables, escapes."""

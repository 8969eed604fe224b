"""From Git to the index: tags first, so that pages can be used, then the facts of versions."""

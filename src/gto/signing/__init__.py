"""Who signed which tag, and whether that counts."""

"""Files of versions for whoever may see them: single ones, whole versions as archives, and links that need no login."""

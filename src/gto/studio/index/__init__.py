"""The index: what tags and files say, in SQL, so that a page needs no git process. It can be deleted at any time."""

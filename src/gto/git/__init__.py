"""Git repositories, through the git executable."""

"""Changes proposed to others: a commit on a new branch, and a pull request of the forge."""

"""What DVC and DVCLive ask a team's Studio: files of versions, a login, and to show experiments while they run."""

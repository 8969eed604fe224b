"""Commits that no branch of a remote has, as far as it was fetched."""

from collections.abc import Collection

from gto.git.command import Git


def find_strays(git: Git, remote: str, commits: Collection[str]) -> list[str]:
    """Return those of the commits that no branch of the remote reaches; none where no branch of it was fetched."""
    if not git.run(["for-each-ref", "--count=1", "--", f"refs/remotes/{remote}/"]):
        return []
    asked = "".join(f"{commit}\n" for commit in commits).encode()
    walked = git.run(["rev-list", "--stdin", "--not", f"--remotes={remote}"], data=asked).decode().split()
    return [commit for commit in walked if commit in commits]

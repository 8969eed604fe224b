"""Errors of annotations: what they do not say, and what they cannot be made to say."""

from gto.exceptions.error_kinds import Conflict, NotFound


class NoAnnotation(NotFound):
    """Neither `dvc.yaml` nor `artifacts.yaml` describes the artifact."""

    def __init__(self, name: str, where: str) -> None:
        """`where` says which tree was searched."""
        hint = f"`gto annotate {name}` writes one"
        self.in_work_tree = where == "the work tree"
        if not self.in_work_tree:
            hint += "; for an earlier commit none can be written any more"
        super().__init__(f"No annotation of '{name}' in {where}", hint)
        self.name = name


class NoPath(NotFound):
    """An annotation does not say where the artifact is."""

    def __init__(self, name: str, file: str, where: str) -> None:
        """`file` is the annotating file, `where` the commit."""
        super().__init__(
            f"{file} names no path of '{name}' in {where}",
            f"`gto annotate {name} --path PATH`, commit it, and register a new version",
        )
        self.name = name


class NotInCommit(NotFound):
    """A path of an annotation is neither in Git nor known to DVC."""

    def __init__(self, path: str, commit: str, hint: str = "") -> None:
        """Keep path and commit."""
        super().__init__(
            f"'{path}' is neither in Git nor tracked by DVC in commit {commit[:7]}",
            hint or "`gto describe` shows the path that is annotated; was its file forgotten in that commit?",
        )
        self.path = path
        self.commit = commit


class NoFile(NotFound):
    """A path that must exist does not."""

    def __init__(self, path: str) -> None:
        """Keep the path."""
        super().__init__(
            f"Nothing found in '{path}' for checked out commit",
            "commit the file first, or leave out --must-exist",
        )
        self.path = path


class PathIsUsed(Conflict):
    """Another artifact's path equals, holds or lies in the path given."""

    def __init__(self, path: str, other: str, other_path: str) -> None:
        """Keep the path and the artifact that has one in its way."""
        super().__init__(
            f"Provided path '{path}' conflicts with '{other_path}' of artifact '{other}'",
            "add --allow-same-path if both are meant",
        )
        self.path = path
        self.other = other


class UncommittedChanges(Conflict):
    """A file that a command would commit has other changes."""

    def __init__(self, path: str) -> None:
        """Keep the file's path."""
        super().__init__(
            f"'{path}' has changes that are not committed: automated committing is not possible",
            "commit or undo them, then run this again",
        )
        self.path = path


class ArtifactExists(Conflict):
    """An annotation of the artifact is there already."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Enrichment for '{name}' already exists", "update=True changes it")
        self.name = name

"""Every error that GTO raises on purpose: the facts as fields, the sentence made once, the next step as hint."""

import re
from collections.abc import Iterable, Sequence


class GTOException(Exception):
    """The base of all declared errors; the command line ends with `exit_code` when it meets one."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the sentence and, where there is one, the next step."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def msg(self) -> str:
        """The sentence, under the name that GTO 1.x used."""
        return self.message


class WrongArgs(GTOException):
    """The request cannot be carried out as it was made."""


class UsageError(WrongArgs):
    """The words of the request are wrong, whatever the registry holds."""


class ExclusiveOptions(UsageError):
    """Two options exclude each other."""

    exit_code = 2


class InvalidName(UsageError):
    """A name of an artifact, stage, type or label breaks the rules."""

    def __init__(self, value: str, what: str, rule: str) -> None:
        """`what` says what kind of name `value` was meant to be, `rule` what such a name looks like."""
        super().__init__(f"Invalid {what} '{value}'", rule)
        self.value = value
        self.what = what


ValidationError = InvalidName  # the name that DVC catches


class InvalidVersion(UsageError):
    """A version is no SemVer with a leading `v`."""


class InvalidSelector(UsageError):
    """A selector names no version in a form that GTO knows."""


class InvalidTagName(UsageError):
    """A tag's name is no event of GTO."""

    def __init__(self, tag: str) -> None:
        """Keep the name that could not be parsed."""
        super().__init__(f"Cannot parse tag name '{tag}'", "an event looks like 'name@v1.0.0' or 'name#stage#1'")
        self.tag = tag


class InvalidDate(UsageError):
    """A date on the command line cannot be read."""


class NotFound(GTOException):
    """Something that was asked for does not exist."""


class NoRepo(NotFound):
    """There is no Git repository at a path."""

    def __init__(self, path: str, reason: str = "") -> None:
        """`reason` is git's own word, where it gave one that says more."""
        super().__init__(
            f"No Git repo found in '{path}'" + (f": {reason}" if reason else ""),
            "" if reason else "run this in a Git repository, or name one with --repo",
        )
        self.path = path


class RefNotFound(NotFound):
    """A ref names no commit of the repository."""

    def __init__(self, ref: str) -> None:
        """Keep the ref."""
        hint = "name a commit, a branch or a tag that this repository has"
        if ref == "HEAD":
            hint = "commit something first, or name a commit"
        super().__init__(f"Ref '{ref}' was not found in the repository history", hint)
        self.ref = ref

    @property
    def is_version(self) -> bool:
        """Whether it looks like a version, which some commands take elsewhere."""
        return re.fullmatch(r"v?\d+\.\d+\.\d+.*", self.ref) is not None


class CommitLacking(NotFound):
    """The commit of an event is not in a shallow clone, and nobody may be asked for it."""

    def __init__(self, ref: str, commit: str) -> None:
        """Keep the event's tag and the commit."""
        super().__init__(
            f"Commit {commit[:7]} of '{ref}' is not in this checkout",
            "leave --offline out, or fetch the tag with its commit",
        )
        self.ref = ref
        self.commit = commit


class ArtifactNotFound(NotFound):
    """No event and no annotation names the artifact."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Cannot find artifact '{name}'", "`gto show` lists the artifacts of this repository")
        self.name = name


class VersionNotFound(NotFound, WrongArgs):
    """The artifact has no such version."""


class EmptyStage(NotFound):
    """No version of the artifact is in the stage."""

    def __init__(self, name: str, stage: str) -> None:
        """Keep artifact and stage."""
        super().__init__(
            f"No version in stage '{stage}' was found for '{name}'", f"`gto show {name}` lists its versions"
        )
        self.name = name
        self.stage = stage


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


class NoFile(NotFound):
    """A path that must exist does not."""

    def __init__(self, path: str) -> None:
        """Keep the path."""
        super().__init__(
            f"Nothing found in '{path}' for checked out commit",
            "commit the file first, or leave out --must-exist",
        )
        self.path = path


class NoCatalogue(NotFound):
    """There is no file that lists repositories."""

    def __init__(self, path: str, *, is_own: bool) -> None:
        """Keep the path; `is_own` says whether it is where the user's own catalogue would be."""
        option = "" if is_own else f" --catalog {path}"
        super().__init__(f"There is no catalogue in '{path}'", f"`gto repos add PATH{option}` begins one")
        self.path = path


class RepositoryNotFound(NotFound):
    """The catalogue has no repository of that name."""

    def __init__(self, name: str, question: str = "") -> None:
        """Keep the name; `question` asks whether another one was meant."""
        hint = f"{question} `gto repos list` lists them".lstrip()
        super().__init__(f"No repository of the catalogue is called '{name}'", hint)
        self.name = name


class Conflict(WrongArgs):
    """The registry's state forbids the request."""


class VersionTaken(Conflict):
    """The version exists already."""

    def __init__(self, name: str, version: str, hint: str = "") -> None:
        """Keep artifact and version."""
        super().__init__(f"Version '{version}' already was registered.", hint or "choose another version")
        self.name = name
        self.version = version


class CommitTaken(Conflict):
    """The commit carries a version of this artifact already."""

    def __init__(self, name: str, version: str, *, active: bool = True) -> None:
        """`active` is false for a version that was deregistered."""
        if active:
            super().__init__(
                f"'{name}' is already registered in this commit with version '{version}'",
                f"`gto deprecate {name} {version}` deregisters it; another commit may carry another version",
            )
        else:
            super().__init__(
                f"For this REF you can only register {version}, which was deregistered here",
                "leave out the version to bring it back, or add --allow-second-version to put a second one here",
            )
        self.name = name
        self.version = version


class AlreadyInStage(Conflict):
    """The version holds the stage already."""

    def __init__(self, version: str, stage: str) -> None:
        """Keep version and stage."""
        super().__init__(
            f"Version '{version}' is already in stage '{stage}'.",
            "use the '--force' flag to create a new Git tag nevertheless",
        )
        self.version = version
        self.stage = stage


class AlreadyDeprecated(Conflict):
    """The artifact is deprecated already."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__("Artifact was deprecated already", f"`gto show {name} -d` shows it")
        self.name = name


class TagExists(Conflict):
    """A ref of that name is there already."""

    def __init__(self, name: str, hint: str = "") -> None:
        """Keep the tag's name."""
        super().__init__(f"tag '{name}' already exists", hint or "leave out --simple true to get a numbered tag")
        self.name = name


class Raced(Conflict):
    """Another writer was first, again and again."""

    def __init__(self, subject: str, words: str) -> None:
        """Keep what was written to, and git's own words."""
        super().__init__(f"Another process was first to write '{subject}': {words}", "run this again")
        self.subject = subject
        self.words = words


class Outdated(Conflict):
    """An artifact's tags are not those that somebody saw who chose a change."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Somebody else changed '{name}' meanwhile: nothing was written", "look again, then decide")
        self.name = name


class TagsDiffer(Conflict):
    """Tags are not the same here and on a remote."""

    def __init__(self, tags: Sequence[str], remote: str) -> None:
        """Keep the names of the tags."""
        super().__init__(
            f"{len(tags)} tag(s) are not the same here and on '{remote}', '{tags[0]}' for one",
            "`gto status` lists them; decide which is right, and delete the other with `git tag -d` or `git push -d`",
        )
        self.tags = tuple(tags)


class PartlyPushed(GTOException):
    """Some of several pushes were done, then one failed."""

    def __init__(self, cause: GTOException, done: Sequence[str], total: int) -> None:
        """Keep why it failed, and the names of the tags that were pushed before."""
        super().__init__(
            f"{len(done)} of {total} tags were pushed, the last of them '{done[-1]}'; then: {cause.message}",
            "`gto push` goes on with the rest, `gto status` lists it",
        )
        self.done = tuple(done)
        self.total = total


class NameTaken(Conflict):
    """Another repository of the catalogue has that name."""

    def __init__(self, name: str, other: str) -> None:
        """Keep the name and what has it."""
        super().__init__(f"The name '{name}' is taken in the catalogue, by '{other}'", "choose another with --name")
        self.name = name


class TagUnreadable(Conflict):
    """Git cannot read an event of the artifact, so nobody knows what may follow."""

    def __init__(self, tag: str, reason: str, hint: str) -> None:
        """Keep the tag's name."""
        super().__init__(f"Nothing is written while tag '{tag}' cannot be read: {reason}", hint)
        self.tag = tag


class ClockBehind(Conflict):
    """The clock reads an earlier time than the artifact's newest event carries."""

    def __init__(self, name: str, now: str, newest: str, tag: str, seconds: int) -> None:
        """Keep both times, in ISO form, and the seconds between them."""
        super().__init__(
            f"The clock says {now}, but the newest event of '{name}', tag '{tag}', is of {newest}",
            "set the clock, or use --force to write an event that will sort before it",
        )
        self.now = now
        self.newest = newest
        self.seconds = seconds


class TooSoon(Conflict):
    """Another event of this very second stands in the way of a version that others must not register too."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Another event of '{name}' is of this very second", "run this again in a second")
        self.name = name


class StageNotAllowed(Conflict):
    """The configuration lists the stages, and this one is not among them."""

    def __init__(self, stage: str, allowed: Iterable[str]) -> None:
        """Keep the stage and the list."""
        self.stage = stage
        self.allowed = tuple(allowed)
        super().__init__(f"Allowed stages are: '{list(self.allowed)}'", f"'{stage}' is not one of them: see .gto")


class PolicyRefused(Conflict):
    """A policy does not allow what was to be written, or what a tag says."""

    def __init__(self, ref: str, reasons: Iterable[str], hint: str = "", where: str = "") -> None:
        """Keep the tag, the reasons, and where the policy was found."""
        self.ref = ref
        self.reasons = tuple(reasons)
        self.where = where
        source = f" (policy of {where})" if where else ""
        super().__init__(f"'{ref}' is refused: {'; '.join(self.reasons)}{source}", hint)


class FilesNotSigned(Conflict):
    """No trusted key signed the files of a version, and one is required."""

    def __init__(self, what: str, reasons: Iterable[str] = ()) -> None:
        """`what` is artifact and version; `reasons` say of each signature why it is not good."""
        self.reasons = tuple(reasons)
        told = "; ".join(self.reasons) or "nobody signed them"
        hint = f"`gto verify {what} --files` tells more; `gto sign {what} --key k.pem` signs them"
        super().__init__(f"No trusted key signed the files of '{what}': {told}", hint)
        self.what = what


class TypeNotAllowed(Conflict):
    """The configuration lists the artifact types, and this one is not among them."""

    def __init__(self, type_: str, allowed: Iterable[str]) -> None:
        """Keep the type and the list."""
        self.type = type_
        self.allowed = tuple(allowed)
        super().__init__(f"Allowed types are: '{list(self.allowed)}'", f"'{type_}' is not one of them: see .gto")


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


class BadFile(GTOException):
    """A file of the repository cannot be read as what it should be."""

    def __init__(self, path: str, reason: str, line: int | None = None, hint: str = "") -> None:
        """`line` counts from 1."""
        super().__init__(f"{path}{f', line {line}' if line else ''}: {reason}", hint)
        self.path = path
        self.reason = reason
        self.line = line


class WrongConfig(BadFile):
    """The configuration, a file or a `GTO_*` variable, is wrong."""


def git_verb(argv: Iterable[str]) -> str:
    """Return the subcommand among git's arguments; empty where there is none."""
    words = iter(argv)
    for word in words:
        if word in {"-c", "-C"}:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


class GitError(GTOException):
    """The git executable ended with an error."""

    def __init__(self, argv: Iterable[str], status: int | None, stderr: str, hint: str = "") -> None:
        """`status` is the exit status, negative for a signal; None when the time limit ended it."""
        self.argv = tuple(argv)
        self.status = status
        self.stderr = stderr.strip()
        super().__init__(f"git {self.verb} failed: {self.stderr or f'exit status {status}'}", hint)

    @property
    def verb(self) -> str:
        """The subcommand of git."""
        return git_verb(self.argv)


class GitMissing(GitError):
    """There is no git executable, or it is too old."""

    def __init__(self, reason: str) -> None:
        """`reason` says which of the two."""
        super().__init__((), None, reason, "install git 2.34 or later and put it on PATH")
        self.args = (self.stderr,)
        self.message = self.stderr


class NoIdentity(GitError):
    """Git does not know who writes the event."""

    def __init__(self, stderr: str) -> None:
        """Keep git's own words."""
        super().__init__(("var", "GIT_COMMITTER_IDENT"), 128, stderr)
        self.message = "Git does not know who you are: no name and e-mail address for the tag"
        self.args = (self.message,)
        self.hint = "git config user.name 'Your Name'; git config user.email you@example.com"


class Locked(GitError):
    """A lock of git is in the way: another process holds it, or one that was killed left it."""

    def __init__(self, argv: Iterable[str], status: int | None, stderr: str, path: str, age: float | None) -> None:
        """`age` is that of the lock in seconds; None where it is gone by now."""
        super().__init__(argv, status, stderr)
        held = f"'{path}' has been there for {duration(age)}" if age is not None else f"'{path}' was there until now"
        self.path = path
        self.age = age
        self.message = f"The repository is locked: {held}"
        self.args = (self.message,)
        self.hint = (
            "wait for the git process that writes, then run this again; if none does, one was killed: "
            "`gto doctor --fix` removes its lock after ten minutes"
        )


class Unwritable(GitError):
    """The disk is full, or the repository cannot be written to."""

    def __init__(self, argv: Iterable[str], status: int | None, stderr: str, reason: str, hint: str) -> None:
        """`reason` is what the system said, in git's words."""
        super().__init__(argv, status, stderr, hint)
        self.reason = reason
        self.message = f"Git cannot write to this repository: {reason}"
        self.args = (self.message,)


class PushRejected(GitError):
    """The remote did not take the refs; nothing was kept locally."""


class RemoteFailed(GitError):
    """A remote repository cannot be reached, or refuses."""

    def __init__(self, url: str, argv: Iterable[str], status: int | None, stderr: str, hint: str = "") -> None:
        """Keep the address, which holds nothing secret, and git's own words."""
        super().__init__(argv, status, stderr)
        self.url = url
        self.message = f"Cannot reach '{url}': {_reason(self.stderr) or status}"
        self.args = (self.message,)
        self.hint = hint or f"`git ls-remote {url}` shows whether git reaches it; --offline reads what was fetched"


_TOLD = ("fatal: ", "error: ", "remote: ")
_PROGRESS_RE = re.compile(r"(remote: )?(Enumerating|Counting|Compressing|Receiving|Resolving|Total|Writing) ")
_VAGUE = "fatal: Could not read from remote repository."


def _reason(stderr: str) -> str:
    """Return the line that says why git could not reach a remote; before git's own vague one stand those of ssh."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not _PROGRESS_RE.match(line.strip())]
    told = [line for line in lines if line.startswith(_TOLD)]
    if _VAGUE in lines[1:]:
        told = lines[lines.index(_VAGUE) - 1 :]
    line = next(iter(told or lines), "")
    return line.partition(": ")[2] if line.startswith(_TOLD) else line


class NotMirrored(NotFound):
    """Nothing was fetched from a remote repository yet, and --offline forbids it."""

    def __init__(self, url: str, what: str = "Nothing of") -> None:
        """Keep the address; `what` says what is lacking."""
        verb = "was" if what.startswith("Nothing") else "were not"
        super().__init__(f"{what} '{url}' {verb} fetched yet", "leave out --offline once")
        self.url = url


class MirrorDamaged(NotFound):
    """What a mirror holds cannot be read, and it cannot be made anew."""

    def __init__(self, url: str) -> None:
        """Keep the address."""
        super().__init__(f"The mirror of '{url}' is damaged", f"`gto cache clear {url}`, then run this again online")
        self.url = url


class MirrorBusy(Conflict):
    """Another process holds a mirror's lock."""

    def __init__(self, path: str, seconds: float) -> None:
        """Keep the path of the lock's file, and how long it was waited for."""
        super().__init__(f"Another process has held '{path}' for {seconds:g} seconds", "wait until it is done")
        self.path = path


class WatcherRuns(Conflict):
    """Another `gto watch` writes the same journal."""

    def __init__(self, path: str) -> None:
        """Keep the path of the journal."""
        super().__init__(
            f"Another `gto watch` holds '{path}', or a command that goes on after one was killed",
            "end it first; a journal of its own, with --state FILE, counts what is there now as handled",
        )
        self.path = path


class TagsReplaced(Conflict):
    """Most event tags of a repository went, or became others, between two looks of a watcher."""

    def __init__(self, path: str, lost: int, known: int) -> None:
        """Keep the path of the journal, how many tags went, and how many there were."""
        super().__init__(
            f"{lost} of the {known} event tags that were there before are gone or others now: nothing is delivered",
            "if that is meant, begin anew with a new --state FILE: what is there now is passed over then",
        )
        self.path = path
        self.lost = lost
        self.known = known


class StorageError(GTOException):
    """The bytes of a file could not be brought."""

    passing = False
    """Whether it may go well a moment later."""


class RemoteUnreachable(StorageError):
    """A store cannot be reached, or does not answer as it should."""

    def __init__(self, url: str, reason: str, hint: str = "", *, passing: bool = False) -> None:
        """Keep the store's address, which holds nothing secret, and why."""
        super().__init__(f"Cannot read '{url}': {reason}", hint or "run this again, or ask who keeps that store")
        self.url = url
        self.reason = reason
        self.passing = passing


class PrivateAddress(RemoteUnreachable):
    """A stranger names a server that is of this machine, or of its private network."""

    def __init__(self, host: str, address: str) -> None:
        """Keep the address to which the host's name leads."""
        reason = f"a repository of others names it, and its address {address} is one of this machine or private network"
        hint = "`--trust-remote` of `gto get`, `ls`, `url` asks it nevertheless, and sends your credentials to it"
        super().__init__(host, reason, hint)
        self.address = address


class StoreRefused(RemoteUnreachable):
    """A store wants credentials, or other ones."""


class SendsNoParts(RemoteUnreachable):
    """A web server sends files from their beginning only."""

    def __init__(self, url: str) -> None:
        """Keep the file's address."""
        super().__init__(url, "the server sends no parts of files", "fetch the file whole: `gto get`, or a download")


class ContentMissing(StorageError, NotFound):
    """A store has no object of that name."""

    def __init__(self, url: str, hint: str = "") -> None:
        """Keep the object's address, which holds nothing secret."""
        super().__init__(
            f"There is no '{url}'", hint or "it was never pushed there, or was removed: `dvc push` brings it"
        )
        self.url = url


class ChecksumMismatch(StorageError):
    """Bytes came that are not those that Git's history promises."""

    def __init__(self, url: str, expected: str, found: str) -> None:
        """`expected` and `found` are sizes or digests, in words."""
        super().__init__(
            f"'{url}' does not hold what was registered: {expected} expected, {found} found",
            "nothing was kept of it; put the right file there from a machine whose cache has it, as with `dvc push`",
        )
        self.url = url
        self.expected = expected
        self.found = found


class FileTooLarge(StorageError):
    """A file has more bytes than are read of its kind."""

    def __init__(self, url: str, size: int | None, largest: int) -> None:
        """Keep the address, which holds nothing secret, the size where it is known, and the limit, in bytes."""
        limit = f"{largest / (1 << 20):g} MiB" if largest >= 1 << 20 else f"{largest} bytes"
        found = "it is larger" if size is None else f"it has {size} bytes"
        super().__init__(
            f"'{url}' is not read: {found}, and the limit is {limit}",
            "the variable GTO_DATA_LIMIT sets the limit, in MiB",
        )
        self.url = url
        self.size = size
        self.largest = largest


class UnsafePath(StorageError):
    """A file would not be written where it seems to belong."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        """`reason` completes the sentence that begins with the path."""
        own = "ask who registered this version; nothing was kept"
        super().__init__(f"'{path}' is not written: it {reason}", hint or own)
        self.path = path
        self.reason = reason


class TargetTaken(Conflict):
    """A file is there already, and is another one."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Keep the paths."""
        others = f", and {len(paths) - 1} more" if len(paths) > 1 else ""
        super().__init__(
            f"'{paths[0]}'{others} is there already and differs", "--force overwrites; or choose another place"
        )
        self.paths = tuple(paths)


class TargetUnwritable(StorageError):
    """The disk is full, or may not be written to."""

    def __init__(self, path: str, reason: str) -> None:
        """`reason` is what the system said."""
        super().__init__(f"Cannot write '{path}': {reason}", "make room, or choose another place; then run this again")
        self.path = path
        self.reason = reason


def duration(seconds: float) -> str:
    """Return a length of time in words, in the largest unit of which it holds two or more."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} second{'' if int(seconds) == 1 else 's'}"


class ExtraMissing(GTOException):
    """A Python package is missing that only some of GTO needs."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        """`purpose` begins the sentence, `extra` is one of GTO's that brings the package; empty where none does."""
        hint = f"pip install {package}" + (f", or GTO with its extra '{extra}'" if extra else "")
        super().__init__(f"{purpose}, GTO needs the Python package '{package}'", hint)
        self.package = package
        self.extra = extra


class CannotSave(GTOException):
    """No format keeps a model whole."""

    def __init__(self, path: str, reason: str) -> None:
        """`reason` says of each format that was tried why."""
        super().__init__(f"the model cannot be saved as '{path}': {reason}", "see what its library says of saving")
        self.path = path


class CannotLoad(GTOException):
    """Nothing here loads a file of that format."""

    def __init__(self, path: str, file_format: str) -> None:
        """Keep path and format."""
        said = f"GTO loads no {file_format} files" if file_format else "nobody knows its format"
        super().__init__(f"'{path}' cannot be loaded: {said}", "load it with the library that wrote it")
        self.path = path


class NotReproduced(GTOException):
    """In an environment of its requirements alone, a model does not load, or says something else."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        """`reason` is a sentence without its end."""
        super().__init__(f"'{path}' does not work with the recorded requirements alone: {reason}", hint)
        self.path = path
        self.reason = reason


class WrongData(GTOException):
    """Data are not what a model takes."""


class Untrusted(GTOException):
    """Loading a file would run code, and nobody said that the file is trusted."""

    def __init__(self, path: str, reason: str) -> None:
        """`reason` says what would run."""
        hint = "with `trusted=True`, on the command line `--trusted`, it is loaded, and may do whatever you may"
        super().__init__(f"loading '{path}' runs code: {reason}", hint)
        self.path = path


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


class CannotLocate(GTOException):
    """Where the bytes of a file are cannot be told for certain."""

    def __init__(self, reason: str, hint: str = "") -> None:
        """`reason` completes the sentence."""
        super().__init__(f"Cannot tell where the files are: {reason}", hint)
        self.reason = reason


class IncomparableVersions(GTOException):
    """A version was compared with something that is none."""

    def __init__(self, this: object, that: object) -> None:
        """Keep both."""
        super().__init__(f"You can compare only versions of the same system, but not '{this}' and '{that}'")
        self.this = this
        self.that = that


class ManyVersions(Conflict):
    """One version was asked for, and several fit."""

    def __init__(self, name: str, versions: Sequence[str]) -> None:
        """Keep the artifact's name and the versions."""
        super().__init__(f"Several versions of '{name}' fit: {', '.join(versions)}", "name one, or ask for all of them")
        self.name = name
        self.versions = tuple(versions)


class NoStageForVersion(NotFound):
    """A version never was in a stage."""

    def __init__(self, artifact: str, version: str, stage: str) -> None:
        """Keep artifact, version and stage."""
        super().__init__(f"The artifact '{artifact}' version '{version}' is not in stage '{stage}'")
        self.artifact = artifact
        self.version = version
        self.stage = stage


class TagNotFound(NotFound):
    """There is no tag of that name."""

    def __init__(self, name: str) -> None:
        """Keep the tag's name."""
        super().__init__(f"tag '{name}' is not found")
        self.name = name


class UnknownAction(UsageError):
    """No tag does that."""

    def __init__(self, action: object) -> None:
        """Keep what was asked for."""
        super().__init__(f"Unknown action '{action}' was requested")
        self.action = action


class MissingArg(UsageError):
    """An argument is needed that was not given."""

    def __init__(self, arg: str) -> None:
        """Keep the argument's name."""
        super().__init__(f"'{arg}' is required")
        self.arg = arg


class ArtifactExists(Conflict):
    """An annotation of the artifact is there already."""

    def __init__(self, name: str) -> None:
        """Keep the artifact's name."""
        super().__init__(f"Enrichment for '{name}' already exists", "update=True changes it")
        self.name = name


class NotImplementedInGTO(GTOException):
    """GTO does not do this."""


# The names of GTO 1.10 for what has a shorter name here; code that catches them goes on working.
AmbiguousArg = UsageError
NoActiveAssignment = EmptyStage
UnknownStage = StageNotAllowed
UnknownType = TypeNotAllowed
VersionAlreadyRegistered = VersionTaken
VersionExistsForCommit = CommitTaken
VersionRequired = VersionNotFound
WrongArtifactsYaml = BadFile

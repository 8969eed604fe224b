"""One entry of a catalogue: where a repository is, or several are, and what it is called."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from gto.core.names import parse_branch
from gto.exceptions import BadFile, GTOException, InvalidName, UsageError
from gto.git import remote
from gto.yamldoc.document import kind

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES = ("path", "url", "glob")
KEYS = (*SOURCES, "name", "group", "groups", "branch")
NAME_RULE = "letters, digits, '.', '_' and '-' are allowed, a letter or a digit first, and at most 100 of them"

_NAME_RE = re.compile(r"[^\W_][\w.-]{0,99}")
_NO_NAME_RE = re.compile(r"[^\w.-]+")
_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f]")
_WILD_RE = re.compile(r"[*?[]")


class CatalogEntry(NamedTuple):
    """What a catalogue's file says of one repository, or with a glob of several."""

    source: str
    """One of SOURCES."""
    text: str
    """The path, URL or glob, as it is written."""
    name: str | None = None
    groups: tuple[str, ...] = ()
    branch: str | None = None
    line: int | None = None
    """Where it stands in the file, from 1."""

    @property
    def shown(self) -> str:
        """The path, URL or glob, without anything secret."""
        return remote.parse(self.text).url if self.source == "url" else self.text

    def fields(self) -> dict[str, object]:
        """Return the entry as the file has it, without what is not set."""
        group: dict[str, object] = {"group": self.groups[0]} if len(self.groups) == 1 else {"groups": list(self.groups)}
        every = {self.source: self.text, "name": self.name, **group, "branch": self.branch}
        return {key: value for key, value in every.items() if value}


def is_wild(text: str) -> bool:
    """Tell whether a path is a glob."""
    return bool(_WILD_RE.search(text))


def parse_name(text: str, what: str) -> str:
    """Return a repository's or a group's name, or raise InvalidName."""
    if not _NAME_RE.fullmatch(text):
        raise InvalidName(text, what, NAME_RULE)
    return text


def default_name(address: str) -> str:
    """Return what a repository is called unless it is given a name: the last part of its path or URL."""
    last = re.split(r"[/:]", address.rstrip("/"))[-1] or "repository"
    return _NO_NAME_RE.sub("-", last.removesuffix(".git")).lstrip("._-")[:100] or "repository"


def check_url(text: str) -> str:
    """Return a URL that may be stored, or raise UsageError: it holds no password, token or query."""
    found = remote.parse(text)
    if found.given.rstrip("/").lower() != found.url.lower():
        raise UsageError(
            f"The URL of '{found.url}' carries a secret",
            f"leave it out, `{found.url}`, and let a credential helper of git give it (git help credentials)",
        )
    return found.url


def read_entry(value: object, file: str, line: int | None) -> CatalogEntry:
    """Return the entry that a YAML value says, or raise BadFile."""
    try:
        return _read(value, line)
    except GTOException as error:
        raise BadFile(file, error.message, line, error.hint) from None


def _read(value: object, line: int | None) -> CatalogEntry:
    if not isinstance(value, dict):
        raise UsageError(f"an entry must be a mapping, not {kind(value)}", "write it as `- path: ../repository`")
    unknown = [str(key) for key in value if key not in KEYS]
    if unknown:
        raise UsageError(f"unknown key '{unknown[0]}'", f"the keys are {', '.join(KEYS)}")
    given = [source for source in SOURCES if value.get(source) is not None]
    if len(given) != 1:
        raise UsageError("an entry has one of path, url and glob", "write each repository as an entry of its own")
    text, name, branch = (_text(value, key) for key in (given[0], "name", "branch"))
    assert text is not None  # noqa: S101  it was given
    if given == ["url"] and not remote.is_url(text):
        given = ["path"]  # a directory has no mirror: it is read, and written to, where it is
    if given == ["url"]:
        check_url(text)
    if given == ["glob"] and name is not None:
        raise UsageError("a glob takes no name", "each repository that it finds is called as its directory")
    if name is not None:
        parse_name(name, "name of a repository")
    return CatalogEntry(given[0], text, name, _groups(value), branch, line)


def _text(value: Mapping[object, object], key: str) -> str | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        raise UsageError(f"'{key}' must be text, not {kind(text)}", "write it in quotes")
    if not text or _CONTROL_RE.search(text):
        raise UsageError(f"'{key}' must not be empty or hold control characters")
    return text


def _groups(value: Mapping[object, object]) -> tuple[str, ...]:
    one, many = value.get("group"), value.get("groups")
    every = [*([] if one is None else [one]), *(many if isinstance(many, list) else [] if many is None else [many])]
    if not all(isinstance(group, str) for group in every):
        raise UsageError("a group's name must be text", "write it in quotes: groups: ['1', '2']")
    return tuple(dict.fromkeys(parse_name(str(group), "name of a group") for group in every))


def new_entry(
    text: str, base: str | None, name: str | None, groups: tuple[str, ...], branch: str | None
) -> CatalogEntry:
    """Return the entry of what was typed; `base` is the directory that relative paths of the file count from.

    Without a base paths are written whole. An empty or wrong word raises UsageError or InvalidName.
    """
    if branch is not None:
        parse_branch(branch)
    if not text:
        raise UsageError("An empty path names nothing", "name a path, a URL or a glob in quotes")
    if remote.is_url(text) and not os.path.exists(text):
        source, written = "url", check_url(text)
    else:
        source = "glob" if is_wild(text) and not os.path.exists(text) else "path"
        absolute = os.path.abspath(os.path.expanduser(text))
        keeps = base is not None and not os.path.isabs(os.path.expanduser(text))
        written = os.path.relpath(absolute, base) if keeps else absolute
    made = {source: written, "name": name, "groups": list(groups), "branch": branch}
    return _read(made, None)

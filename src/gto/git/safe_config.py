"""What of a repository's own configuration does not count for a git process, whatever it says there."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from gto.exceptions import git_verb

LAZY = "GIT_NO_LAZY_FETCH"
"""A variable of git's; where the caller sets it to `0`, a process that reads may fetch what a partial clone lacks."""

# These only read. Of them cat-file, rev-list and ls-tree would fetch what a partial clone lacks, by any program that
# the clone's configuration names.
_READERS = frozenset(
    {
        *(
            "cat-file",
            "check-attr",
            "config",
            "diff-tree",
            "for-each-ref",
            "ls-files",
            "ls-tree",
            "merge-base",
            "rev-list",
        ),
        *("rev-parse", "show-ref", "symbolic-ref", "var"),
    }
)
# Addresses that run a command or take over an open file; `protocol.*.allow` of the repository does not count.
_SHUT = (("protocol.ext.allow", "never"), ("protocol.fd.allow", "never"))
_QUIET = (("core.fsmonitor", "false"),)
# A fetch that brings what is named, and changes nothing else.
FETCH = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no")
# With these in a repository's own configuration, to fetch is to run or to write what it names.
_RUNS_RE = re.compile(
    r"core\.(sshcommand|askpass|gitproxy|alternaterefscommand)|credential\.(.*\.)?helper|protocol\..*"
    r"|remote\..*\.(uploadpack|vcs)|http\.(.*\.)?(cookiefile|savecookies)"
)


def guard(args: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which a git process does what it is asked, and nothing that a repository plants.

    `env` is what it gets otherwise. A process that reads reaches no network. The user's hooks and programs, in what
    writes to the user's own clone, are theirs.
    """
    if git_verb(args) in _READERS and env.get(LAZY) != "0":
        return {**as_environment(_QUIET, env), "GIT_ALLOW_PROTOCOL": "none", LAZY: "1"}
    return as_environment(_SHUT, env)


def names_a_program(listed: str) -> bool:
    """Tell whether a repository's own configuration names what a fetch would run or write.

    `listed` is what `git config --list --show-scope --name-only -z` prints.
    """
    words = listed.split("\0")
    return any(
        scope in {"local", "worktree"} and _RUNS_RE.fullmatch(key.lower())
        for scope, key in zip(words[::2], words[1::2], strict=False)
    )


def as_environment(settings: Iterable[tuple[str, str]], env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Write settings as git reads them from its environment, behind those that `env` has; they outdo every file."""
    given = env.get("GIT_CONFIG_COUNT", "")
    count = int(given) if given.isdecimal() else 0
    made: dict[str, str] = {}
    for key, value in settings:
        made |= {f"GIT_CONFIG_KEY_{count}": key, f"GIT_CONFIG_VALUE_{count}": value}
        count += 1
    return {**made, "GIT_CONFIG_COUNT": str(count)}

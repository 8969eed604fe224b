"""The commands that are run in every hostile repository, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Command(NamedTuple):
    """The words of a command; whether what it prints is JSON."""

    words: Sequence[str]
    is_json: bool = False


READS = {
    "show": Command(("show",)),
    "show --json": Command(("show", "--json"), is_json=True),
    "show NAME --json": Command(("show", "ok", "--json"), is_json=True),
    "show --type -A": Command(("show", "--type", "model", "-A")),
    "show --all": Command(("show", "--all", "--catalog", "../repos.yaml", "--json"), is_json=True),
    "history": Command(("history", "--plain")),
    "history --json": Command(("history", "--json"), is_json=True),
    "stages": Command(("stages", "--used")),
    "check-ref": Command(("check-ref", "ok#prod#1", "--json"), is_json=True),
    "describe": Command(("describe", "ok")),
    "describe --rev": Command(("describe", "ok", "--rev", "HEAD~1")),
    "describe --all": Command(("describe", "ok", "--all", "--json"), is_json=True),
    "diff": Command(("diff", "HEAD~1", "HEAD", "--name", "ok", "--md")),
    "doctor": Command(("doctor",)),
    "doctor --json": Command(("doctor", "--json"), is_json=True),
    "tags": Command(("tags", "--other")),
    "search": Command(("search", "o", "--json"), is_json=True),
    "verify": Command(("verify", "--json"), is_json=True),
    "reviews": Command(("reviews", "--json"), is_json=True),
    "show -r URL": Command(("show", "--json", "-r", "file://{repo}"), is_json=True),
    "describe -r URL": Command(("describe", "ok", "-r", "file://{repo}")),
    "diff -r URL": Command(("diff", "HEAD~1", "HEAD", "--json", "-r", "file://{repo}"), is_json=True),
    "doctor -r URL": Command(("doctor", "-r", "file://{repo}")),
    "print-state": Command(("print-state",), is_json=True),
}
"""These trip nothing anywhere."""

OTHERS = {
    "status": Command(("status", "--json"), is_json=True),
    "fetch": Command(("fetch",)),
    "register": Command(("register", "new")),
    "assign": Command(("assign", "ok", "--version", "v0.0.1", "--stage", "qa")),
    "annotate": Command(("annotate", "ok", "--label", "x")),
    "annotate --commit": Command(("annotate", "ok", "--label", "y", "--commit")),
    "push": Command(("push",)),
    "doctor --fix": Command(("doctor", "--fix", "--yes")),
}
"""These write to the clone, or talk to its remote."""

EVERYDAY = ("show --all", "describe", "doctor --fix")
"""Run in each entry every day, with some of the others in turn; `make soak` runs all."""

"""For each difference the shortest way to meet it: steps in both repositories, a command, and what each then says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """An exit code, and some text that stdout or stderr holds."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Witness:
    """How to meet one difference.

    A step is a command line of gto, or begins with `git`; `commit` is a commit, `commit like a number` one whose hash
    reads as one, `annotate` one that annotates `lone`; `freeze` stops the clock.
    """

    name: str
    steps: tuple[str, ...]
    command: str
    theirs: Said
    ours: Said
    config: str = ""


WITNESSES = (
    # --- tables
    Witness(
        "versions-cut",
        ("register a --version v10.20.30",),
        "show --plain",
        Said(0, "a       v10.20.\n"),
        Said(0, "a       v10.20.30\n"),
    ),
    Witness(
        "hash-as-a-number",
        ("commit like a number", "git tag -a -m hand a#dev#1"),
        "history --plain",
        Said(0, "a#dev#1"),
        Said(0, "a#dev#1"),
    ),
    Witness(
        "av-oldest",
        ("register a", "assign a --stage dev", "assign a --stage prod"),
        "show a --av 1 --stage",
        Said(0, "dev\n"),
        Said(0, "prod\n"),
    ),
    # --- events of one second
    Witness(
        "ties",
        ("register a", "freeze", "assign a --stage dev", "deprecate a v0.0.1 dev", "assign a --stage dev --force"),
        "show a@latest --stage",
        Said(0, "\n"),
        Said(0, "dev\n"),
    ),
    # --- register
    Witness(
        "register-again",
        ("register a", "deprecate a v0.0.1"),
        "register a",
        Said(1, "tag 'a@v0.0.1' already exists"),
        Said(0, "Created git tag 'a@v0.0.1#1'"),
    ),
    Witness(
        "plain-form-taken",
        ("register a",),
        "register a --force",
        Said(1, "tag 'a@v0.0.1' already exists"),
        Said(0, "Created git tag 'a@v0.0.1#1'"),
    ),
    Witness(
        "used-number",
        ("register a HEAD~1", "deprecate a v0.0.1"),
        "register a",
        Said(1, "tag 'a@v0.0.1' already exists"),
        Said(0, "Created git tag 'a@v0.0.2'"),
    ),
    Witness(
        "registered-twice",
        ("register a --simple false", "git tag -a -m hand a@v0.0.1#2"),
        "show a --plain",
        Said(1, "Multiple registrations are not supported"),
        Said(0, "a@v0.0.1#2\n"),
    ),
    Witness(
        "prerelease-bump",
        ("register a HEAD~1 --version v1.0.0-rc.1",),
        "register a",
        Said(0, "'a@v1.0.1'"),
        Said(0, "'a@v1.0.0'"),
    ),
    Witness(
        "bump-dropped",
        ("register a",),
        "register a --bump-minor --force --simple false",
        Said(0, "'a@v0.0.1#1'"),
        Said(1, "already registered"),
    ),
    Witness(
        "bump-dropped",
        ("register a", "deprecate a v0.0.1"),
        "register a --bump-minor --simple false",
        Said(0, "'a@v0.0.1#1'"),
        Said(1, "you can only register v0.0.1"),
    ),
    # --- assign
    Witness(
        "assign-to-deregistered",
        ("register a", "deprecate a v0.0.1"),
        "assign a --version v0.0.1 --stage prod",
        Said(0, "'a#prod#1'"),
        Said(1, "was deregistered"),
    ),
    Witness(
        "roll-back",
        ("register a HEAD~1", "assign a HEAD~1 --stage p", "assign a --stage p"),
        "assign a --version v0.0.1 --stage p",
        Said(1, "already in stage"),
        Said(0, "'a#p#3'"),
    ),
    Witness(
        "one-transaction",
        ("register a HEAD~1", "assign a HEAD~1 --stage prod --simple true"),
        "assign a --stage prod/eu --simple true",
        Said(1, "Created git tag 'a@v0.0.2'"),
        Said(1, "prod"),
    ),
    Witness(
        "commit-with-stages",
        ("assign a --sr --stage dev",),
        "show a --stage",
        Said(0, "dev\ndev\n"),
        Said(0, "dev\n"),
    ),
    # --- deprecate
    Witness(
        "unassign-twice",
        ("register a", "assign a --stage dev", "deprecate a v0.0.1 dev"),
        "deprecate a v0.0.1 dev",
        Said(0, "'a#dev!#3'"),
        Said(1, "is not assigned"),
    ),
    Witness(
        "deprecate-again",
        ("register a", "deprecate a", "assign a --stage dev"),
        "deprecate a",
        Said(1, "tag 'a@deprecated' already exists"),
        Said(0, "'a@deprecated#2'"),
    ),
    Witness(
        "empty-version",
        ("register a", "assign a --stage dev"),
        "deprecate a '' dev",
        Said(0, "unassigns stage from version 'v0.0.1'"),
        Said(1, "An empty VERSION names nothing"),
    ),
    Witness(
        "empty-version",
        ("register a",),
        "deprecate a ''",
        Said(0, "'a@deprecated'"),
        Said(1, "An empty VERSION names nothing"),
    ),
    Witness(
        "commits-revive",
        ("register lone", "deprecate lone", "annotate"),
        "show --name",
        Said(0, "lone\n"),
        Said(0, ""),
    ),
    Witness(
        "empty-version",
        ("register a",),
        "assign a '' --stage dev",
        Said(0, "to version 'v0.0.1'"),
        Said(1, "Ref '' was not found"),
    ),
    Witness(
        "commits-are-events",
        ("register lone", "annotate"),
        "deprecate lone",
        Said(0, "'lone@deprecated'"),
        Said(0, "'lone@deprecated'"),
    ),
    Witness(
        "commits-are-events",
        ("register lone", "deprecate lone", "annotate"),
        "deprecate lone --simple false",
        Said(0, "'lone@deprecated#1'"),
        Said(1, "deprecated already"),
    ),
    # --- stages
    Witness(
        "ever-used",
        ("register a", "assign a --stage dev", "deprecate a v0.0.1 dev"),
        "stages --used",
        Said(0, ""),
        Said(0, "dev\n"),
    ),
    Witness(
        "stages-outside",
        ("register a", "git tag -a -m hand a#old#1"),
        "show --plain",
        Said(0, "name    latest    #dev\n"),
        Said(0, "name    latest    #dev    #old\n"),
        config="stages: [dev]\n",
    ),
    Witness(
        "stages-outside",
        ("register a", "git tag -a -m hand a#old#1"),
        "deprecate a v0.0.1 old",
        Said(1, "Allowed stages are"),
        Said(0, "'a#old!#2'"),
        config="stages: [dev]\n",
    ),
    # --- names
    Witness(
        "names",
        (),
        "register a//b",
        Said(0, "'a//b@v0.0.1'"),
        Said(1, "Invalid artifact name 'a//b'"),
    ),
    # --- tags made by hand
    Witness(
        "plain-form-taken",
        ("git tag a@v0.0.1",),
        "register a",
        Said(1, "tag 'a@v0.0.1' already exists"),
        Said(0, "'a@v0.0.1#1'"),
    ),
    Witness(
        "creation",
        ("register b", "git tag -a -m hand a@created"),
        "show --name",
        Said(1, ""),
        Said(0, "b\n"),
    ),
    Witness(
        "two-versions",
        ("register b", "register a", "git tag -a -m hand a@v9.0.0", "git tag -a -m hand a#dev#1"),
        "show b --version",
        Said(1, "Multiple versions are not allowed"),
        Said(0, "v0.0.1\n"),
    ),
    Witness(
        "tag-on-a-tree",
        ("register b", "git tag -a -m hand a@v0.0.1 HEAD^{tree}"),
        "show --name",
        Said(1, ""),
        Said(0, "b\n"),
    ),
    Witness(
        "nested-tag",
        ("register a", "git tag -a -m hand a#dev#1 a@v0.0.1"),
        "show a@latest --stage",
        Said(0, "\n"),
        Said(0, "dev\n"),
    ),
    Witness(
        "renamed-ref",
        ("register a", "git update-ref refs/tags/b@v1.0.0 refs/tags/a@v0.0.1", "git tag -d a@v0.0.1"),
        "show --plain",
        Said(0, "a       v0.0.1\n"),
        Said(0, "Nothing found"),
    ),
)

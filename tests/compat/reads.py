"""What both printed for a question, brought to one form by the differences that are meant, and compared again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.compat import seen as facts
from tests.compat.seen import cut, is_numberlike

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.compat.seen import Seen

NOTHING = "Nothing found in the current workspace\n"
Record = dict[str, Any]
_LINES = ("--name", "--version", "--stage", "--ref")


@dataclass(slots=True)
class Answers:
    """Both answers, as records that a difference may change; `met` names those that did."""

    seen: Seen
    ours: list[Record]
    theirs: list[Record]
    met: list[str] = field(default_factory=list)

    def apply(self, name: str, change: Callable[[Answers], None]) -> None:
        """Let one difference bring them closer, and note it if it did."""
        before = json.dumps([self.ours, self.theirs], default=str)
        change(self)
        if json.dumps([self.ours, self.theirs], default=str) != before:
            self.met.append(name)


def explain_read(seen: Seen) -> list[str]:
    """Return the differences that together make two answers equal; empty where they do not."""
    if not (seen.case.ours.succeeded and seen.case.theirs.succeeded):
        return []
    answers = parse(seen)
    if answers is None:
        return []
    for name, change in CHANGES:
        if answers.ours != answers.theirs:
            answers.apply(name, change)
    return answers.met or ["hash-as-a-number"] * _only_aligned(answers) if answers.ours == answers.theirs else []


def _only_aligned(answers: Answers) -> bool:
    """A column of nothing but digits is a column of numbers to tabulate: same text, other side."""
    return any(is_numberlike(str(value)) for record in answers.ours for value in flat(record))


def flat(record: Record) -> list[Any]:
    """Return the values of a record, those of its stages too."""
    stages = record.get("stages")
    return [*record.values(), *(stages.values() if isinstance(stages, dict) else ())]


def parse(seen: Seen) -> Answers | None:
    """Read both answers, by command and form."""
    texts = (seen.case.ours.said.stdout, seen.case.theirs.said.stdout)
    reader: Callable[[str], list[Record]] | None = None
    is_json = seen.option("--json") is not None
    if seen.command == "print-state":
        reader = _state
    elif seen.command == "history":
        reader = json.loads if is_json else _rows
    elif seen.command == "stages":
        reader = _lines if not is_json else lambda text: [{"line": value} for value in json.loads(text)]
    elif seen.command == "show":
        if seen.option(*_LINES) is not None:
            reader = _lines
        elif seen.places and seen.places[0]:
            reader = json.loads if is_json else _rows
        else:
            reader = _registry_json if is_json else _registry
    return None if reader is None else Answers(seen, reader(texts[0]), reader(texts[1]))


def _lines(text: str) -> list[Record]:
    return [{"line": line} for line in text.splitlines()]


def _rows(text: str) -> list[Record]:
    if text == NOTHING:
        return []
    header, *rows = facts.table(text)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _registry(text: str) -> list[Record]:
    records = []
    for row in _rows(text):
        stages = {column[1:]: value for column, value in row.items() if column.startswith("#")}
        records.append({"name": row["name"], "latest": row["latest"], "stages": stages})
    return records


def _registry_json(text: str) -> list[Record]:
    found: dict[str, Record] = json.loads(text)
    return [
        {"name": name, "latest": one["version"], "stages": one["stage"], "flags": [one["registered"], one["active"]]}
        for name, one in found.items()
    ]


def _state(text: str) -> list[Record]:
    return list(json.loads(text)["artifacts"].values())


# --- what each difference changes


def drop_outside(answers: Answers) -> None:
    """1.10.1 has no column for a stage that is in use, and that the configuration does not list."""
    seen = answers.seen
    if not seen.case.config or not answers.theirs or "stages" not in answers.theirs[0] or "name" not in answers.ours[0]:
        return
    used = {stage for version in seen.versions for stage in version["stages"]}
    outside = used - set(answers.theirs[0]["stages"])
    for record in answers.ours:
        record["stages"] = {stage: value for stage, value in record["stages"].items() if stage not in outside}


def cut_versions(answers: Answers) -> None:
    """1.10.1 cuts versions in the registry's table to seven characters."""
    if answers.seen.option("--json") is not None or not answers.ours or "latest" not in answers.ours[0]:
        return
    for record in answers.ours:
        record["latest"] = cut(record["latest"])
        record["stages"] = {stage: cut(value) for stage, value in record["stages"].items()}


def read_numbers(answers: Answers) -> None:
    """A hash that reads as a number is one in a table of 1.10.1."""
    if answers.seen.option("--json") is not None or len(answers.ours) != len(answers.theirs):
        return
    for mine, other in zip(answers.ours, answers.theirs, strict=True):
        _take_numbers(mine, other)
        if isinstance(mine.get("stages"), dict) and isinstance(other.get("stages"), dict):
            _take_numbers(mine["stages"], other["stages"])


def _take_numbers(mine: Record, other: Record) -> None:
    for key, value in mine.items():
        if isinstance(value, str) and is_numberlike(value) and key in other:
            other[key] = value


def drop_revived(answers: Answers) -> None:
    """A commit that is newer than the deprecation revives the artifact in 1.10.1."""
    revived = {one["artifact"] for one in answers.seen.artifacts if is_revived(one)}
    mine = [record.get("name", record.get("line")) for record in answers.ours]
    if answers.seen.places:
        answers.theirs = answers.theirs if not revived or answers.ours else []
    else:
        names = [record.get("name", record.get("line")) for record in answers.theirs]
        gone = {name for name in names if name in revived and name not in mine}
        answers.theirs = [one for one, name in zip(answers.theirs, names, strict=True) if name not in gone]


def is_revived(artifact: Record) -> bool:
    """Tell whether an artifact's newest tag deprecates it, and a newer commit is counted."""
    end = facts.newest(artifact["deprecations"])
    return bool(end) and facts.newest(facts.tag_events(artifact)) == end < facts.newest(facts.commit_events(artifact))


def keep_the_oldest(answers: Answers) -> None:
    """With --av N, 1.10.1 keeps the N oldest stages of a version, ours the newest."""
    count = answers.seen.option("--av", "--assignments-per-version")
    if answers.seen.command != "show" or count is None:
        return
    many = {
        one["artifact"]
        for one in answers.seen.artifacts
        if any(len(facts.active_stages(version)) > int(count) > 0 for version in one["versions"])
    }
    if answers.seen.places and many:
        for records in (answers.ours, answers.theirs):
            for record in records:
                record.update({key: None for key in ("stage", "stages", "line") if key in record})
        if "#" in answers.seen.places[0]:
            answers.ours = answers.theirs
    for record in (*answers.ours, *answers.theirs):
        if record.get("name") in many:
            record["stages"] = None


def merge_commits(answers: Answers) -> None:
    """A commit that was only assigned is several versions of 1.10.1, and one of ours."""
    doubled = {one["artifact"] for one in answers.seen.artifacts if is_doubled(one)}
    if not doubled:
        return
    if answers.seen.command == "print-state":
        for one, other in zip(answers.ours, answers.theirs, strict=False):
            if one["artifact"] == other["artifact"] in doubled:
                other["versions"] = merged(one["versions"], other["versions"])
    elif answers.seen.command == "show" and answers.seen.places:
        if answers.ours and "line" in answers.ours[0]:
            few = Counter(record["line"] for record in answers.ours)
            many = Counter(record["line"] for record in answers.theirs)
            answers.theirs = answers.ours if few <= many else answers.theirs
        else:
            answers.theirs = merged(answers.ours, answers.theirs)


def is_doubled(artifact: Record) -> bool:
    """Tell whether a commit of an artifact is more than one of its versions."""
    commits = Counter(one["commit_hexsha"] for one in artifact["versions"] if one["version"] == one["commit_hexsha"])
    return max(commits.values(), default=0) > 1


def merged(ours: list[Record], theirs: list[Record]) -> list[Record]:
    """Return theirs with one version for each commit: that of ours."""
    mine = {one["version"]: one for one in ours}
    found: dict[str, Record] = {}
    for one in theirs:
        name = one["version"]
        found[name] = one if name.startswith("v") else mine.get(name, one)
    return list(found.values())


def drop_ever_used(answers: Answers) -> None:
    """`stages --used` is "ever used"; 1.10.1 prints what is in use."""
    if answers.seen.command != "stages" or answers.seen.option("--used") is None:
        return
    tags = {facts.parts(tag).stage for tag in answers.seen.case.before}
    answers.ours = [one for one in answers.ours if one in answers.theirs or one["line"] not in tags]


CHANGES: tuple[tuple[str, Callable[[Answers], None]], ...] = (
    ("stages-outside", drop_outside),
    ("versions-cut", cut_versions),
    ("hash-as-a-number", read_numbers),
    ("ever-used", drop_ever_used),
    ("commits-revive", drop_revived),
    ("av-oldest", keep_the_oldest),
    ("commit-with-stages", merge_commits),
)

"""Names, versions, histories and requests at random, small enough to clash often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from gto.core.names import ArtifactName
from gto.core.plan import Assignment, Registration
from gto.core.semver import Bump
from gto.core.tag import MOST_COUNTER, Kind, TagName, parse
from tests.factories import START, Tags, oid, record

if TYPE_CHECKING:
    from gto.core.event import TagRecord

_LETTERS = "abcXYZ019"
_NUMBER = st.integers(0, 10**20).map(str) | st.sampled_from(["0", "1", "2", "9", "10", "11"])
_WORD = st.text("abz-", min_size=1, max_size=4) | st.text("0a-", min_size=1, max_size=4).map(lambda text: f"a{text}")

versions = st.builds(
    lambda numbers, pre, build: "v" + ".".join(numbers) + (f"-{pre}" if pre else "") + (f"+{build}" if build else ""),
    st.tuples(_NUMBER, _NUMBER, _NUMBER),
    st.lists(_NUMBER | _WORD, max_size=3).map(".".join),
    st.lists(st.text("01ab-", min_size=1, max_size=3), max_size=2).map(".".join),
)
plain_names = st.builds(
    lambda first, middle, last: first + middle + last,
    st.sampled_from(_LETTERS),
    st.text(_LETTERS + "-/_", max_size=6),
    st.sampled_from(["", *_LETTERS]),
).filter(lambda text: text[-1] not in "-/_")
artifact_names = st.builds(
    lambda directory, name: ArtifactName(f"{directory}:{name}" if directory else name),
    st.just("") | st.text(_LETTERS + "-_./", min_size=1, max_size=6),
    plain_names,
)
_counters = st.none() | st.integers(0, 12) | st.integers(0, MOST_COUNTER)


@st.composite
def tag_names(draw: st.DrawFn) -> TagName:
    """Any event tag's parts."""
    kind = draw(st.sampled_from(list(Kind)))
    version = draw(versions) if kind.of_version else None
    stage = draw(plain_names) if kind.of_stage else None
    return TagName(kind, draw(artifact_names), version, stage, draw(_counters))


SOME_VERSIONS = ("v0.0.1", "v1.0.0-rc.1", "v1.0.0", "v1.0.0+b", "v2.0.0")
SOME_STAGES = ("dev", "prod")
SOME_COMMITS = tuple(map(oid, (1, 2, 3, 4)))
_ENDS = tuple(
    f"{thing}{undo}{counter}"
    for thing in (*(f"@{version}" for version in SOME_VERSIONS), *(f"#{stage}" for stage in SOME_STAGES), "@deprecated")
    for undo in ("", "!")
    for counter in ("", "#1", "#2", "#3", "#10")
    if undo == "" or thing != "@deprecated"
)
_some_commits = st.sampled_from(SOME_COMMITS)
_some_versions = st.sampled_from(SOME_VERSIONS)
_some_stages = st.sampled_from(SOME_STAGES)


def histories(*artifacts: str, most: int = 14) -> st.SearchStrategy[Tags]:
    """Some tags of a few artifacts on four commits, many within one second."""
    names = [f"{artifact}{end}" for artifact in artifacts or ("m",) for end in _ENDS]
    lines = st.tuples(st.sampled_from(names), st.integers(0, 11), st.integers(0, 4))
    return st.lists(lines, max_size=most, unique_by=lambda line: line[0]).map(_history)


def _history(lines: list[tuple[str, int, int]]) -> Tags:
    return Tags(tuple(_some_record(*line) for line in lines))


def _some_record(name: str, place: int, second: int) -> TagRecord:
    """A tag that mostly fits in: a version on the commit of its number, taken back after it was registered."""
    parsed = parse(name)
    home = min(3, SOME_VERSIONS.index(parsed.version)) if parsed.version and place > 3 else place % 4
    return record(name, SOME_COMMITS[home], START + second + (0 if parsed.kind.is_addition else 2))


registrations = st.builds(
    Registration,
    _some_commits,
    st.none() | _some_versions,
    st.none() | st.none() | st.sampled_from(list(Bump)),
    st.booleans(),
)
assignments = (
    st.builds(Assignment, _some_stages, st.sampled_from([*SOME_VERSIONS, *SOME_COMMITS]))
    | st.builds(Assignment, _some_stages, st.none(), _some_commits, st.none() | _some_versions, st.booleans())
    | st.builds(Assignment, _some_stages, st.none(), _some_commits)
)
places = st.sampled_from(
    [
        *((version, None) for version in SOME_VERSIONS),
        *((None, commit) for commit in SOME_COMMITS),
        (SOME_COMMITS[0], None),
    ]
)

"""Pages of an index that grew step by step, whoever read which step, are those of one that was made anew."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from gto.studio.context import StudioSettings
from tests.conftest import copied
from tests.repo import run
from tests.studio.equality.fields import each_page
from tests.studio.equality.scene import Scene
from tests.studio.layouts import nested, several
from tests.studio.test_sync import contents
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

WHEN = {"read_at", "changed_at", "examined_at"}
"""When Git was asked; `changed_at` of an artifact is another thing, and equal too."""
NOW = 1800000000
DAILY = ("several-0", "nested-1")
SOAK = tuple(f"{name}-{seed}" for seed in range(2, 42) for name in ("several", "nested"))

Refs = dict[str, str]


@pytest.mark.parametrize("case", [*DAILY, *(pytest.param(one, marks=pytest.mark.soak) for one in SOAK)])
def test_an_index_that_grew_from_the_first_tag_on_shows_what_a_new_one_shows(
    repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, case: str
) -> None:
    layout, _, seed = case.partition("-")
    if layout not in templates:
        build: Callable[[Repo], dict[str, Repo]] = {"several": several, "nested": nested}[layout]
        templates[layout] = next(iter(build(copied(repo, tmp_path_factory.mktemp(layout))).values()))
    (tmp_path / layout).mkdir()
    made, dice = copied(templates[layout], tmp_path / layout), random.Random(int(seed))  # noqa: S311  no secret
    listed = made.git("for-each-ref", "--sort=creatordate", "--format=%(refname) %(objectname)").splitlines()
    whole = dict(line.split(" ") for line in listed)
    places, settings = {"team": made.path}, StudioSettings(now=NOW)
    put(made, {ref: oid for ref, oid in whole.items() if not ref.startswith("refs/tags/")})
    with (
        studio_of(places, tmp_path / "grown.db", settings) as one,
        studio_of(places, tmp_path / "grown.db", settings) as two,
    ):
        for refs in steps(made, whole, dice):
            put(made, refs)
            dice.choice((one, two)).sync()
        one.sync()
        two.sync()
        with studio_of(places, tmp_path / "new.db", settings) as new:
            assert contents(one.database) == contents(new.database)
            said: dict[tuple[str, ...], Any] = {}
            expected = shown(new, made, said)
            for grown in (one, two):
                for (page, value), (_, other) in zip(shown(grown, made, said), expected, strict=True):
                    assert value == other, page


def steps(repo: Repo, whole: Refs, dice: random.Random) -> Iterator[Refs]:
    """The refs at some moments: tags come, move and go, branches too; at the end all are as they were."""
    tags = [ref for ref in whole if ref.startswith("refs/tags/")]
    coming = list(tags)
    if dice.random() < 0.5:
        dice.shuffle(coming)
    here = {ref: oid for ref, oid in whole.items() if ref not in tags}
    commits = repo.git("rev-list", "refs/heads/main").split()
    while coming:
        count = dice.randint(1, 6)
        several_tags, coming = coming[:count], coming[count:]
        here |= {ref: whole[ref] for ref in several_tags}
        match dice.randint(0, 5):
            case 0:  # moved to where another tag is
                here[dice.choice(several_tags)] = whole[dice.choice(tags)]
            case 1:  # deleted
                here.pop(dice.choice(several_tags))
            case 2:
                here["refs/heads/main"] = dice.choice(commits)
            case 3:
                here["refs/heads/try"] = dice.choice(commits)
            case 4:
                here["refs/exps/ab/cd/shy-elm"] = dice.choice(commits)
            case _:
                pass
        yield dict(here)
    yield whole


def put(repo: Repo, refs: Refs) -> None:
    """Let a repository have these refs and no others."""
    gone = [f"delete {ref}" for ref in repo.refs() if ref not in refs]
    lines = [*gone, *(f"update {ref} {oid}" for ref, oid in refs.items())]
    done = run("git", "update-ref", "--stdin", cwd=repo.path, text="\n".join([*lines, ""]))
    assert done.code == 0, done.stderr


def shown(studio: Studio, repo: Repo, said: dict[tuple[str, ...], Any]) -> list[tuple[str, Any]]:
    """Each page as JSON and as HTML, without when Git was asked and the token of a session."""
    scene = Scene(studio, {"team": repo}, said, {})
    found: list[tuple[str, Any]] = [(page, timeless(value)) for page, value in each_page(scene)]
    paths = ["/models", "/history", "/reviews", "/repos", "/r/team", "/r/team/experiments"]
    paths += [f"{path}{end}" for _, _, path in scene.artifacts() for end in ("", "/-/history")]
    for path in paths:
        html = studio.client.get(path)
        assert html.status_code == 200, path
        text = re.sub(r'name="form_token" value="[^"]*"', "", html.text)
        found.append(
            (path, re.sub('<time datetime="(?!2022)[^>]*>[^<]*</time>', "", text))
        )  # 2022: of commits and tags
    return found


def timeless(value: Any) -> Any:  # noqa: ANN401  whatever JSON holds
    """A value without when Git was asked."""
    if isinstance(value, list):
        return [timeless(one) for one in value]
    if not isinstance(value, dict):
        return value
    is_repository = "is_remote" in value
    return {key: timeless(one) for key, one in value.items() if not (is_repository and key in WHEN)}

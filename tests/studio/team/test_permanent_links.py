"""Links that people send each other: they show the same later, and to whoever has the same rights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gto.studio.context import StudioSettings
from gto.studio.visitor import Role
from tests.studio.conftest import wrote
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio

MODEL = "/m/churn/churn"
LASTING = (
    f"{MODEL}?version=v0.0.1",
    f"{MODEL}/-/files?version=v0.0.1",
    f"{MODEL}/-/compare?v=v0.0.1&v=v0.0.3&baseline=v0.0.1",
    f"{MODEL}/-/history?version=v0.0.1",
    f"{MODEL}?at=2022-01-01T00:10:00Z",
    "/history?at=2022-01-01T00:10:00Z",
)
"""What names a version or a moment shows what was there then, whatever happens afterwards."""
CHOSEN = (
    "/models?q=auc%3E0.8&columns=type&columns=author&sort=name",
    "/models?m=churn/churn&m=churn/features",
    "/compare?m=churn/churn&m=churn/ranking",
    f"{MODEL}?version=v0.0.2&metrics=auc",
    "/r/churn/experiments?columns=metrics.json:auc&branch=main&delta=1",
)
"""What is chosen on a page stands in its address."""


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    places = {"churn": (registry.path, ["marketing"])}
    settings = StudioSettings(now=1_650_000_000)
    with team_studio(places, tmp_path / "studio.db", settings=settings) as made:
        yield made


def main(browser: Browser, link: str) -> str:
    """What a page shows, without what belongs to a session."""
    answer = browser.get(link)
    assert answer.status_code == 200, link
    shown = answer.text.partition('<main id="main">')[2].partition("</main>")[0]
    return re.sub('name="form_token" value="[^"]*"', "", shown)


def test_a_link_shows_another_with_the_same_rights_the_same(team: TeamStudio) -> None:
    ada, bob = (team.logged_in(name, Role.CONTRIBUTOR, "marketing") for name in ("ada", "bob"))
    for link in (*LASTING, *CHOSEN):
        assert main(ada, link) == main(bob, link), link


def test_a_link_that_names_a_version_or_a_moment_shows_the_same_after_more_has_happened(
    team: TeamStudio, registry: Repo
) -> None:
    ada = team.logged_in("ada", Role.VIEWER, "marketing")
    before = {link: said(ada, link) for link in LASTING}
    registry.commit("train 9", {"metrics.json": '{"auc": 0.99, "loss": 0.01}', "models/churn.txt": "model 9\n"})
    wrote(registry, "register", "churn")
    team.sync()
    for link, was in before.items():
        assert said(ada, link) == was, link
    assert "v0.0.4" in main(ada, MODEL)


def said(browser: Browser, link: str) -> object:
    """What a link is about, as its JSON has it: the chosen version of a model's page, else all."""
    path, _, query = link.partition("?")
    answer = browser.get(f"{path}.json?{query}")
    assert answer.status_code == 200, link
    found = answer.json()
    return found["chosen"] if "version=" in query and "chosen" in found else found


def test_what_is_chosen_stands_on_the_page_that_its_link_opens(team: TeamStudio) -> None:
    ada = team.logged_in("ada", Role.VIEWER, "marketing")
    shown = main(ada, CHOSEN[0])
    assert all(f">{one}<" in shown or f">{one}" in shown for one in ("Type", "Author"))
    assert "features" not in re.sub("<form.*?</form>", "", shown)
    assert [one["artifact"] for one in ada.json("/models", m="churn/features")["artifacts"]] == ["features"]

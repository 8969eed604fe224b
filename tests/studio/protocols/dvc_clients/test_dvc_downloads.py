"""What `dvc artifacts get` asks a team's Studio, and the links that it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from gto.studio.index.schema import repository
from gto.studio.team.team_tables import audit
from gto.studio.visitor import Role
from tests.studio.conftest import wrote
from tests.studio.downloads.conftest import DATA, MODEL, Keeper, keeper, models, ours
from tests.team_app import URL

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.repo import Repo
    from tests.studio_app import Studio
    from tests.team_app import TeamStudio

__all__ = ("keeper", "models", "ours")  # fixtures

PATH = "/api/model-registry/get-download-uris"


def ask(team: TeamStudio, token: str, **query: str) -> Response:
    return team.browser().client.get(PATH, params=query, headers={"authorization": f"token {token}"})


def reader(team: TeamStudio, *groups: str) -> str:
    return team.token(team.person("-".join(groups), dict.fromkeys(groups, Role.VIEWER)), "read")


def test_dvc_gets_a_link_for_each_file_under_the_name_that_it_has_without_studio(
    ours: TeamStudio, models: Repo
) -> None:
    token = reader(ours, "lab")
    found = ask(ours, token, repo=str(models.path), name="data").json()
    assert set(found) == {f"data/{path}" for path in DATA}
    nobody = ours.browser().client
    for path, url in found.items():
        assert url.startswith(f"{URL}/signed/")
        assert nobody.get(url).content == DATA[path.removeprefix("data/")]
    single = ask(ours, token, repo=str(models.path), name="single").json()
    assert list(single) == ["model.bin"]
    assert nobody.get(single["model.bin"]).content == MODEL
    with ours.team.database.engine.connect() as connection:
        (first, _) = connection.execute(select(audit).where(audit.c.action == "link").order_by(audit.c.id)).all()
    assert (first.subject, first.repository, first.detail["files"]) == ("data@v1.0.0", "team", len(DATA))


def test_an_own_studio_says_in_a_text_who_gives_files_to_dvc(studio: Studio) -> None:
    answer = studio.client.get(PATH, params={"repo": "team", "name": "churn"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "gto studio serve" in answer.text


def test_a_version_is_asked_for_by_its_name_with_or_without_its_letter_or_by_its_stage(
    ours: TeamStudio, models: Repo
) -> None:
    (models.path / "plain/run/it.sh").write_text("#!/bin/bash\n", encoding="utf-8")
    models.git("add", ".")
    models.commit("another")
    wrote(models, "register", "plain", "--version", "v2.0.0")
    wrote(models, "assign", "plain", "--version", "v1.0.0", "--stage", "prod")
    ours.sync()
    token = reader(ours, "lab")

    def shell(**query: str) -> bytes:
        answer = ask(ours, token, repo="team", name="plain", **query)
        assert answer.status_code == 200, answer.text
        return ours.browser().client.get(answer.json()["plain/run/it.sh"]).content

    old, new = b"#!/bin/sh\n", b"#!/bin/bash\n"
    assert shell() == shell(version="v2.0.0") == new
    assert shell(version="v1.0.0") == shell(version="1.0.0") == shell(stage="prod") == old
    for query, status, said in (
        ({"stage": "dev"}, 404, "No version in stage 'dev'"),
        ({"version": "v9.0.0"}, 404, "no version 'v9.0.0'"),
        ({"version": "9.0.0"}, 404, "no version 'v9.0.0'"),
        ({"version": "v1.0.0", "stage": "prod"}, 400, "a version or a stage"),
        ({"name": "plane"}, 404, "plane"),
        ({"repo": ""}, 400, "A repository"),
        ({"repo": "."}, 404, "a path that is not whole"),
    ):
        answer = ask(ours, token, **{"repo": "team", "name": "plain", **query})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8"), query
        assert said in answer.text


@pytest.mark.parametrize(
    "spelling",
    [
        "https://github.com/Acme/Churn.git",
        "https://github.com/Acme/Churn",
        "https://user:secret@github.com/acme/churn/",
        "git@github.com:Acme/Churn.git",
        "ssh://git@github.com:22/Acme/Churn",
        "ssh://git@ssh.github.com:443/Acme/Churn.git",
        "Acme/Churn",
        "github:Acme/Churn",
        "team",
    ],
)
def test_a_repository_is_known_by_every_spelling_of_its_address(ours: TeamStudio, spelling: str) -> None:
    with ours.team.database.write() as connection:
        connection.execute(
            update(repository).where(repository.c.name == "team").values(remote="git@github.com:Acme/Churn.git")
        )
    token = reader(ours, "lab")
    assert ask(ours, token, repo=spelling, name="single").status_code == 200
    for other in ("https://gitlab.com/acme/churn", "gitlab:acme/churn", "acme/churned", "churn", "cme/churn"):
        assert ask(ours, token, repo=other, name="single").status_code == 404, other


def test_two_repositories_of_one_address_are_named_and_each_is_known_by_its_name(
    ours: TeamStudio, models: Repo
) -> None:
    both = reader(ours, "lab", "vault")
    answer = ask(ours, both, repo=f"{models.path}/", name="single")
    assert (answer.status_code, "may be 'team' and 'secret'" in answer.text) == (400, True)
    assert ask(ours, both, repo="secret", name="single").status_code == 200


def test_nobody_gets_links_to_what_they_may_not_see(ours: TeamStudio, models: Repo) -> None:
    token = reader(ours, "lab")
    hidden, missing = ask(ours, token, repo="secret", name="single"), ask(ours, token, repo="secres", name="single")
    assert (hidden.status_code, hidden.text.replace("secret", "secres")) == (404, missing.text)
    assert ours.browser().client.get(PATH, params={"repo": str(models.path), "name": "single"}).status_code == 401
    assert ask(ours, "gto_wrong", repo="team", name="single").status_code == 401


def test_a_file_that_would_leave_the_directory_gets_no_link(ours: TeamStudio, models: Repo, keeper: Keeper) -> None:
    listing = '[{"md5": "%s", "relpath": "../../.bashrc"}]' % ("0" * 32)
    mark = keeper.put(listing.encode(), ".dir")
    models.commit("bad", {"data.dvc": f"outs: [{{md5: {mark}, hash: md5, path: data}}]\n"})
    wrote(models, "register", "data", "--version", "v2.0.0")
    ours.sync()
    answer = ask(ours, reader(ours, "lab"), repo="team", name="data")
    assert answer.status_code == 404, answer.text
    assert "/signed/" not in answer.text

"""Names as clients spell them, there and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.core import names
from gto.exceptions import ArtifactNotFound, NotFound, RepositoryNotFound
from gto.export.mlflow.model_names import from_mlflow, to_mlflow
from gto.studio.protocols.artifact_names import (
    ArtifactKey,
    find_hub,
    find_oci,
    to_hub,
    to_oci,
)
from tests.studio.conftest import wrote
from tests.team_app import team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

NAMES = st.from_regex(rf"(?:{names.DIRECTORY}:)?{names.PLAIN}", fullmatch=True).filter(names.is_artifact)
HUB_RE = re.compile(r"(?!.*(--|\.\.))(?![.-])[A-Za-z0-9_.-]{1,96}(?<![.-])(?<!\.git)")
OCI_RE = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")


@given(NAMES)
def test_a_name_for_mlflow_means_itself_whatever_is_percent_encoded(name: str) -> None:
    told = to_mlflow(name)
    assert not set("/:") & set(told)
    for spelt in (told, name, quote(name, safe=""), quote(told, safe="")):
        assert from_mlflow(spelt) == name


@given(st.one_of(NAMES, st.text(min_size=1, max_size=150)))
def test_slugs_are_what_clients_allow(name: str) -> None:
    assert HUB_RE.fullmatch(to_hub(name)), to_hub(name)
    assert OCI_RE.fullmatch(to_oci(name)), to_oci(name)


def test_slugs_are_what_people_expect() -> None:
    assert (to_mlflow("services/eu:churn"), to_hub("services/eu:churn")) == ("services~eu=churn", "services.eu.churn")
    assert to_oci("services/eu:Churn") == "services/eu/churn"
    assert (to_hub("a--b"), to_hub("x.git"), to_hub("churn_2")) == ("a-b", "x-git", "churn_2")
    assert (to_oci("a-_b"), to_oci("a___b"), to_oci("a--b")) == ("a-b", "a-b", "a--b")
    longest = {to_hub("a" * 150 + end) for end in "bc"}
    assert {len(one) for one in longest} == {96}
    assert len(longest) == 2


def test_a_slug_is_looked_up_among_what_the_visitor_sees(repo: Repo, tmp_path: Path) -> None:
    repo.commit("a model", {"m": "m"})
    for name in ("eu/churn", "eu:churn", "Ranking", "ranking"):
        wrote(repo, "register", name, "--version", "v1.0.0")
        repo.commit("more", {"m": name})
    places = {"team": (repo.path, ["a"]), "Team": (repo.path, ["b"])}
    with team_studio(places, tmp_path / "studio.db") as studio:
        database = studio.team.database
        with database.read_of(frozenset({"team"})) as connection:
            assert find_hub(connection, "team", "ranking") == ArtifactKey("team", "ranking")
            with pytest.raises(NotFound, match="'eu/churn' of 'team' or 'eu:churn' of 'team'"):
                find_hub(connection, "team", "eu.churn")
            with pytest.raises(NotFound, match="'Ranking' of 'team' or 'ranking' of 'team'"):
                find_oci(connection, "team/ranking")
            with pytest.raises(ArtifactNotFound):
                find_hub(connection, "team", "nothing")
            with pytest.raises(RepositoryNotFound):
                find_hub(connection, "Team", "ranking")

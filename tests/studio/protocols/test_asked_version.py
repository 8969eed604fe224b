"""What a client asks for is one version, the one that the command line gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.exceptions import ArtifactNotFound, EmptyStage, GTOException, RepositoryNotFound, VersionNotFound
from gto.studio.protocols.asked_version import AskedBy, AskedVersion, choose_asked
from tests.studio.conftest import wrote
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio


def asked(studio: Studio, text: str, name: str = "churn", repo: str = "team") -> AskedVersion:
    """What a client gets."""
    with studio.database.read() as connection:
        return choose_asked(connection, repo, name, text, {"Production": "prod"}.get)


def told(studio: Studio, text: str, name: str = "churn") -> tuple[str, AskedBy, str]:
    """The version, by what it was named, and the stage."""
    found = asked(studio, text, name)
    return found.chosen.version, found.by, found.stage


def test_every_way_to_name_a_version_leads_to_it(studio: Studio, registry: Repo) -> None:
    for word in ("", "latest", "main", "HEAD", "churn@latest"):
        assert told(studio, word) == ("v0.0.3", AskedBy.LATEST, "")
    for word in ("v0.0.1", "0.0.1", "churn@v0.0.1"):
        assert told(studio, word) == ("v0.0.1", AskedBy.VERSION, "")
    for word in ("prod", "churn#prod"):
        assert told(studio, word) == ("v0.0.2", AskedBy.STAGE, "prod")
    assert told(studio, "Production") == ("v0.0.2", AskedBy.STAGE, "prod")
    commit = registry.git("rev-parse", "churn@v0.0.1^{commit}").strip()
    assert told(studio, commit) == ("v0.0.1", AskedBy.COMMIT, "")
    assert asked(studio, commit).chosen.commit == commit


def test_what_is_not_there_is_told_apart(studio: Studio) -> None:
    cases: tuple[tuple[type[GTOException], str, str, str], ...] = (
        (RepositoryNotFound, "", "churn", "elsewhere"),
        (ArtifactNotFound, "", "nothing", "team"),
        (VersionNotFound, "9.9.9", "churn", "team"),
        (EmptyStage, "staging", "churn", "team"),
        (EmptyStage, "0" * 40, "churn", "team"),
        (EmptyStage, "ranking@v1.0.0", "churn", "team"),
        (VersionNotFound, "latest", "ranking", "team"),
    )
    for error, text, name, repo in cases:
        with pytest.raises(error):
            asked(studio, text, name, repo)


def test_reserved_words_win_over_stages_of_their_name(registry: Repo, tmp_path: Path) -> None:
    for stage in ("latest", "main"):
        wrote(registry, "assign", "churn", "--version", "v0.0.1", "--stage", stage)
    wrote(registry, "deprecate", "churn", "v0.0.3")
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        for word in ("latest", "main"):
            assert told(studio, word) == ("v0.0.2", AskedBy.LATEST, "")
            assert told(studio, f"churn#{word}") == ("v0.0.1", AskedBy.STAGE, word)
        with pytest.raises(VersionNotFound):
            asked(studio, "v0.0.3")
        commit = registry.git("rev-parse", "churn@v0.0.3^{commit}").strip()
        assert told(studio, commit) == ("v0.0.3", AskedBy.COMMIT, "")

"""`gto assign`: a stage on a version; what has none is registered with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


@pytest.fixture
def registered(repo: Repo) -> Repo:
    """nn@v0.0.1 at the first of two commits."""
    done(repo.gto("register", "nn"))
    repo.commit()
    return repo


def stages(repo: Repo) -> dict[str, str | None]:
    found: dict[str, str | None] = json.loads(done(repo.gto("show", "--json")))["nn"]["stage"]
    return found


def test_a_registered_version_is_put_into_a_stage(registered: Repo) -> None:
    assert done(registered.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod")) == (
        "Created git tag 'nn#prod#1' that assigns stage to version 'v0.0.1'\n"
        "To push the changes upstream, run:\n"
        "    git push origin 'nn#prod#1'\n"
    )
    assert registered.git("rev-parse", "nn#prod#1^{commit}") == registered.git("rev-parse", "HEAD~1")
    assert stages(registered) == {"prod": "v0.0.1"}


def test_a_commit_without_a_version_is_registered_in_the_same_transaction(registered: Repo, tmp_path: Path) -> None:
    log = tmp_path / "transactions"
    hook = registered.path / ".git/hooks/reference-transaction"
    hook.write_text(f'#!/bin/sh\necho "= $1" >> "{log}"; cat >> "{log}"\n', encoding="utf-8")
    hook.chmod(0o755)
    out = done(registered.gto("assign", "nn", "--stage", "prod", "-m", "to prod"))
    assert out.splitlines()[::3] == [
        "Created git tag 'nn@v0.0.2' that registers version",
        "Created git tag 'nn#prod#1' that assigns stage to version 'v0.0.2'",
    ]
    parts = log.read_text(encoding="utf-8").split("= ")
    committed = [part for part in parts if part.startswith("committed")]
    # Names that must not be there are verified in the transaction too: they go from nothing to nothing.
    changed = [
        line for part in committed for line in part.splitlines()[1:] if not line.startswith(f"{'0' * 40} {'0' * 40}")
    ]
    assert len(committed) == 1
    assert [line.split()[-1] for line in changed] == ["refs/tags/nn@v0.0.2", "refs/tags/nn#prod#1"]
    messages = registered.git("tag", "-l", "--format=%(refname:short) %(contents:subject)", "nn@v0.0.2", "nn#prod#1")
    assert messages.splitlines() == ["nn#prod#1 to prod", "nn@v0.0.2 Registering artifact nn version v0.0.2"]


def test_where_the_assignment_cannot_be_written_the_registration_is_not_either(registered: Repo) -> None:
    hook = registered.path / ".git/hooks/reference-transaction"
    hook.write_text(
        '#!/bin/sh\n[ "$1" = prepared ] && grep -q "#prod" && { echo no prod >&2; exit 1; }\nexit 0\n', encoding="utf-8"
    )
    hook.chmod(0o755)
    result = registered.gto("assign", "nn", "--stage", "prod")
    assert result.code == 1
    assert "Traceback" not in result.stderr
    assert set(registered.refs("refs/tags")) == {"refs/tags/nn@v0.0.1"}


def test_promote_is_an_alias(registered: Repo) -> None:
    assert "nn#prod#1" in done(registered.gto("promote", "nn", "--version", "v0.0.1", "--stage", "prod"))


def test_a_ref_takes_the_version_that_it_has_and_names_the_one_that_it_lacks(registered: Repo) -> None:
    assert "version 'v0.0.1'" in done(registered.gto("assign", "nn", "HEAD~1", "--stage", "dev"))
    said(registered.gto("assign", "nn", "HEAD~1", "--stage", "qa", "--version", "v2.0.0"), "Can't register 'v2.0.0'")
    assert "nn@v2.0.0" in done(registered.gto("assign", "nn", "HEAD", "--stage", "qa", "--version", "v2.0.0"))


def test_a_first_assignment_needs_no_version_at_all(repo: Repo) -> None:
    assert "nn@v0.0.1" in done(repo.gto("assign", "nn", "--stage", "prod"))


def test_skipping_registration_leaves_a_commit_in_the_stage(registered: Repo) -> None:
    head = registered.git("rev-parse", "HEAD")
    out = done(registered.gto("assign", "nn", "--stage", "dev", "--sr"))
    assert f"Created git tag 'nn#dev#1' that assigns stage to version '{head}'" in out
    assert stages(registered) == {"dev": head}
    assert head[:7] in done(registered.gto("show"))
    done(registered.gto("assign", "nn", "--stage", "qa", "--skip-registration"))
    rows = json.loads(done(registered.gto("show", "nn", "--json")))
    assert [row["version"] for row in rows] == ["v0.0.1", head]
    assert "nn@v0.0.2" in done(registered.gto("register", "nn"))
    assert stages(registered) == {"dev": "v0.0.2", "qa": "v0.0.2"}


def test_a_version_that_holds_the_stage_is_not_assigned_again(registered: Repo) -> None:
    args = ("assign", "nn", "--version", "v0.0.1", "--stage", "prod")
    done(registered.gto(*args))
    said(registered.gto(*args), "Version 'v0.0.1' is already in stage 'prod'.", "--force")
    assert "nn#prod#2" in done(registered.gto(*args, "--force"))
    done(registered.gto("assign", "nn", "--stage", "prod"))
    assert stages(registered) == {"prod": "v0.0.2"}
    done(registered.gto(*args))
    assert stages(registered) == {"prod": "v0.0.1"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--version", "v9.9.9", "--stage", "prod"), ("Version 'v9.9.9' is not registered",)),
        (("--version", "9.9", "--stage", "prod"), ("Version '9.9' is not valid",)),
        (("--stage", "pr od"), ("Invalid stage name 'pr od'",)),
        (("nope", "--stage", "prod"), ("Ref 'nope' was not found",)),
        (("HEAD", "--stage", "prod", "--sr", "--version", "v3.0.0"), ("supply version name or skip registration",)),
    ],
)
def test_a_wrong_wish_is_refused_in_one_line(args: tuple[str, ...], words: tuple[str, ...], registered: Repo) -> None:
    before = registered.refs()
    said(registered.gto("assign", "nn", *args), *words)
    assert registered.refs() == before


def test_a_stage_is_required(repo: Repo) -> None:
    result = repo.gto("assign", "nn")
    assert result.code == 2
    assert "Missing option '--stage'" in result.stderr


def test_the_configuration_bounds_the_stages(registered: Repo) -> None:
    registered.commit("stages", {".gto": "stages: [dev, prod]\n"})
    said(
        registered.gto("assign", "nn", "--stage", "qa"),
        "Allowed stages are: '['dev', 'prod']'",
        "'qa' is not one of them",
    )
    done(registered.gto("assign", "nn", "--stage", "dev"))
    assert list(stages(registered)) == ["dev", "prod"]


def test_a_stage_above_another_needs_a_numbered_tag(registered: Repo) -> None:
    args = ("assign", "nn", "--version", "v0.0.1", "--simple")
    done(registered.gto(*args, "true", "--stage", "prod/eu"))
    said(registered.gto(*args, "true", "--stage", "prod"), "tag 'nn#prod/eu' already exists", "--simple false")
    assert "nn#prod#1" in done(registered.gto(*args, "false", "--stage", "prod"))


def test_a_stage_below_one_with_a_plain_tag_is_refused_with_the_way_out(registered: Repo) -> None:
    args = ("assign", "nn", "--version", "v0.0.1", "--simple")
    done(registered.gto(*args, "true", "--stage", "prod"))
    for simple in ("true", "false", "auto"):
        said(registered.gto(*args, simple, "--stage", "prod/eu"), "tag 'nn#prod' already exists", "delete 'nn#prod'")
    assert "nn#prod#1" in done(registered.gto(*args, "false", "--stage", "prod", "--force"))
    registered.git("tag", "-d", "nn#prod")
    done(registered.gto(*args, "auto", "--stage", "prod/eu"))
    assert stages(registered) == {"prod": "v0.0.1", "prod/eu": "v0.0.1"}


def test_a_deregistered_version_takes_no_stage(registered: Repo) -> None:
    done(registered.gto("deprecate", "nn", "v0.0.1"))
    said(registered.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod"), "deregistered", "gto register nn")


def test_a_deprecated_artifact_comes_back_and_that_is_said(registered: Repo) -> None:
    done(registered.gto("deprecate", "nn"))
    result = registered.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod")
    assert "was deprecated: this brings it back" in result.stderr
    assert stages(registered) == {"prod": "v0.0.1"}
    assert "nn@deprecated#2" in done(registered.gto("deprecate", "nn"))


def test_json_holds_both_events(repo: Repo) -> None:
    value = json.loads(done(repo.gto("assign", "nn", "--stage", "prod", "--json")))
    assert [(event["event"], event["version"], event.get("stage")) for event in value["events"]] == [
        ("registration", "v0.0.1", None),
        ("assignment", "v0.0.1", "prod"),
    ]

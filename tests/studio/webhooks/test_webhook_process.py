"""`gto studio serve` as a process: a webhook comes in, one goes out; and what was lost on the way is found."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from glob import glob
from typing import TYPE_CHECKING

import httpx2 as httpx
from sqlalchemy import select

from gto.studio.index.schema import repository
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.team import migrate
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox, keep_secret
from gto.studio.team.serve_options import TeamSettings
from gto.studio.team.team import Team
from gto.studio.webhooks import hook_secrets
from tests.repo import GTO
from tests.studio.webhooks.telling import add_target, rows
from tests.webhook_payloads import GITHUB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.web import Web

NAMES = "10.1.2.3 inside.example\n169.254.169.254 metadata.example\n"


@contextmanager
def serving(place: Path, *words: str) -> Iterator[tuple[str, Path]]:
    """Studio over the catalogue of a directory: its address, and the file of what it prints."""
    hosts, said = place / "hosts", place / "said"
    hosts.write_text(NAMES)
    wrapper = glob("/usr/lib/*/libnss_wrapper.so")
    env = {**os.environ, **({"LD_PRELOAD": wrapper[0], "NSS_WRAPPER_HOSTS": str(hosts)} if wrapper else {})}
    argv = [*GTO, "studio", "serve", "--catalog", "team.yaml", "--port", "0", "--allow-private-webhooks", *words]
    with said.open("a") as errors:
        process = subprocess.Popen(argv, cwd=place, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), said
        finally:
            process.terminate()
            process.communicate(timeout=30)
            assert process.returncode == 0


def until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_read(team: Team) -> bool:
    """Whether the repository was read, with its verdicts: what it has by then is no news."""
    with team.database.read() as connection:
        judged = connection.execute(select(repository.c.judged)).scalar()
    return bool(judged) and not str(judged).endswith(" ")


def test_a_push_is_told_on_at_once_and_one_whose_webhook_was_lost_within_the_interval(
    registry: Repo, tmp_path: Path, web: Web
) -> None:
    registry.git("remote", "add", "origin", "git@github.com:Codertocat/Hello-World.git")
    place = tmp_path / "served"
    (place / "gto-studio").mkdir(parents=True, mode=0o700)
    (place / "team.yaml").write_text(f"repos:\n- path: {registry.path}\n  name: churn\n")
    database = SqliteDatabase(str(place / "gto-studio" / "studio.db"), is_lasting=True)
    migrate.require_current(database)
    box = SecretsBox([keep_secret(str(place / "gto-studio" / "secret"))])
    team = Team(database, TeamSettings("http://127.0.0.1"), box, Passwords())
    _, own = add_target(team, f"{web.url}/hook?key=of-the-target")
    for name in ("inside", "metadata"):
        add_target(team, f"https://{name}.example/hook", name, allows_private=False)
    with database.record() as connection:
        secret = hook_secrets.make(connection, box, "churn")
    with serving(place, "--every", "3600") as (url, said):
        until(lambda: is_read(team), 60)
        assert registry.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod").code == 0
        posted = GITHUB.post(secret)
        answer = httpx.post(f"{url}/webhook/github/churn", content=posted.body, headers=dict(posted.headers))
        assert answer.status_code == 202, answer.text
        until(lambda: len(web.asked) == 1, 20)
    with serving(place, "--every", "2"):
        assert registry.gto("assign", "churn", "--version", "v0.0.3", "--stage", "prod").code == 0
        until(lambda: len(web.asked) == 2, 2 + 20)
        until(lambda: all(row.state != "waiting" for row in rows(team)), 20)
    refused = {row.target_id: row.reason for row in rows(team) if row.state == "failed"}
    if glob("/usr/lib/*/libnss_wrapper.so"):
        assert "10.1.2.3" in refused[2]
        assert "169.254.169.254" in refused[3]
    kept = said.read_text()
    assert [one for one in (secret, own, "of-the-target") if one in kept] == []
    database.close()

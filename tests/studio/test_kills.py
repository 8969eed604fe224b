"""A Studio that is killed while a request writes leaves whole events or none, and nothing in the next one's way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

import httpx2 as httpx
import pytest

from tests.repo import GTO, Repo
from tests.signing import ssh_keys
from tests.stories.test_kills import wait_for_group
from tests.studio.test_sync import contents
from tests.studio_app import studio_of
from tests.studio_forms import fields_of, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NAME = "repo"
ACTIONS: Mapping[str, tuple[int, dict[str, str]]] = {
    "register?stage=prod": (2, {}),
    "annotate?": (0, {"text": "Others"}),
    "assign?stage=prod&version=v0.0.3": (1, {"message": "better"}),
    "approve?stage=prod&version=v0.0.3": (1, {}),
    "deregister?version=v0.0.1": (1, {}),
    "rollback?stage=prod": (1, {}),
    "unassign?version=v0.0.2&stage=prod": (1, {}),
    "deprecate?": (1, {}),
    "register?": (1, {}),
}
"""Forms, how many tags each writes, and what is changed in it."""
DONE = ("already", "meanwhile", "is required")
"""What is said where the killed one had done it; what is in no stage any more cannot be chosen."""


class Site(NamedTuple):
    """A repository, the remote that it pushes to, and copies that both are made anew from."""

    work: Repo
    bare: Repo
    kept: Path

    def restore(self) -> None:
        """Bring both back to what they were."""
        for repo in (self.work, self.bare):
            shutil.rmtree(repo.path)
            shutil.copytree(self.kept / repo.path.name, repo.path, symlinks=True)
        self.work.git("update-index", "--refresh")

    def tags(self) -> tuple[set[str], set[str]]:
        """The tags here and on the remote, each with its object; all are whole."""
        for repo in (self.work, self.bare):
            assert "missing" not in repo.git("fsck", "--no-dangling", "--connectivity-only")
        here, there = (set(repo.refs("refs/tags").items()) for repo in (self.work, self.bare))
        return {" ".join(one) for one in here}, {" ".join(one) for one in there}


@pytest.fixture
def site(registry: Repo, tmp_path: Path) -> Site:
    """The registry with a commit that has no version, a key to sign with, and a remote that has all of it."""
    registry.commit("train again", {"metrics.json": '{"auc": 0.93}'})
    keys = ssh_keys(registry, tmp_path / "keys")
    registry.git("config", "user.signingKey", str(keys.place / "ada"))
    registry.git("clone", "--quiet", "--bare", str(registry.path), str(tmp_path / "bare"))
    registry.git("remote", "add", "origin", str(tmp_path / "bare"))
    registry.git("push", "--quiet", "--set-upstream", "origin", "main")
    assert registry.path.name == NAME
    for place in (registry.path, tmp_path / "bare"):
        shutil.copytree(place, tmp_path / "kept" / place.name, symlinks=True)
    return Site(registry, Repo(tmp_path / "bare"), tmp_path / "kept")


class Running(NamedTuple):
    """A Studio that runs, and a browser with a session."""

    process: subprocess.Popen[str]
    base: str
    browser: httpx.Client

    @classmethod
    @contextmanager
    def start(cls, site: Site, cache: Path) -> Iterator[Running]:
        """Start one in the repository, which the test is to kill."""
        words = [*GTO, "studio", "--no-open", "--port", "0"]
        env = {**os.environ, **site.work.dated(), "XDG_CACHE_HOME": str(cache)}
        process = subprocess.Popen(words, cwd=site.work.path, env=env, stdout=-1, text=True, process_group=0)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with httpx.Client(follow_redirects=True, timeout=60) as browser:
            browser.get(address)
            yield cls(process, address.partition("/models")[0], browser)

    def send(self, action: str, changed: Mapping[str, str] | None) -> None:
        """Open a form, fill it in and send it, if there is what to fill in; the answer may never come."""
        if changed is None:
            return
        form, place = (f"{self.base}/m/{NAME}/churn/-/{one}" for one in (action, action.partition("?")[0]))
        own = {"origin": self.base, "sec-fetch-site": "same-origin"}
        with suppress(httpx.HTTPError):
            fields = {**fields_of(self.browser.get(form).text), **changed}
            assert self.browser.post(place, data=fields, headers=own, follow_redirects=False).status_code == 303

    def kill(self, *, family: bool) -> None:
        """Kill it, with its git processes if asked, and wait for those that outlive it."""
        (os.killpg if family else os.kill)(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        wait_for_group(self.process.pid)


@pytest.mark.parametrize("kills", [pytest.param(5, id="few"), pytest.param(100, id="many", marks=pytest.mark.soak)])
def test_a_studio_that_is_killed_at_any_moment_leaves_whole_events_or_none(
    kills: int, site: Site, tmp_path: Path
) -> None:
    dice = random.Random(kills)  # noqa: S311  no secret
    cache, longest = tmp_path / "cache", 0.0
    for turn, action in enumerate(islice(cycle(ACTIONS), kills + 1)):
        written, changed = ACTIONS[action]
        given = {**changed, "push": "1"} if turn % 3 < 2 else changed
        site.restore()
        before, remote = site.tags()
        assert before == remote
        if turn % 4 == 3:  # this one is killed while it reads
            for path in cache.rglob("*.db*"):
                path.unlink()
        with Running.start(site, cache) as studio:
            sending = Thread(target=studio.send, args=(action, given if turn % 4 < 3 else None))
            start = time.monotonic()
            sending.start()
            if not turn:  # the first is let do its work
                sending.join()
                longest = time.monotonic() - start
            time.sleep(dice.uniform(0, longest) if turn else 0)
            studio.kill(family=turn % 2 == 1)
            sending.join()
        check_tags(site, before, written if "push" in given else 0, written)
        go_on(site, tmp_path, action, given, family=turn % 2 == 1)


def check_tags(site: Site, before: set[str], pushed: int, written: int) -> None:
    """All tags of a request are here or none, and what is here is on the remote where it was to be pushed."""
    here, there = site.tags()
    assert before <= here
    assert before <= there
    assert len(here - before) in {0, written}
    assert len(there - before) in {0, pushed}
    if pushed:
        assert here <= there
    old, now = site.work.git("rev-parse", "@{upstream}"), site.work.git("rev-parse", "HEAD")
    assert site.bare.git("rev-parse", "main") in {old, now}
    assert site.work.git("diff", "HEAD", "--stat") == "" or "desc: Others" in (site.work.path / "dvc.yaml").read_text()


def go_on(site: Site, tmp_path: Path, action: str, changed: Mapping[str, str], *, family: bool) -> None:
    """A Studio on the index that is left has what a new one has, and the action can be done, or is done."""
    locks = [path for repo in (site.work, site.bare) for path in repo.path.rglob("*.lock")]
    if family:  # git's own, which doctor takes away once they are old
        for path in locks:
            os.utime(path, (0, 0))
        site.work.gto("doctor", "--fix", "--yes")
    else:
        assert not locks
    (index,) = (path for path in (tmp_path / "cache").rglob("*.db") if path.name != "lasting.db")
    for path in tmp_path.glob("new.db*"):
        path.unlink()
    with (
        studio_of({NAME: site.work.path}, index) as after,
        studio_of({NAME: site.work.path}, tmp_path / "new.db") as new,
    ):
        assert contents(after.database) == contents(new.database)
        answer = send(after, f"/m/{NAME}/churn/-/{action}", **changed)
        assert answer.status_code == 303 or any(words in answer.text for words in DONE), answer.text
    here, there = site.tags()
    if "push" in changed and "annotate" not in action:
        assert here == there

from __future__ import annotations

import html
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.repo import Repo
from tests.signing import Keys, need
from tests.studio.conftest import wrote
from tests.studio.test_reviews import become
from tests.studio_app import OWN, studio_of
from tests.studio_forms import command_on, fields_of, opened
from tests.studio_offers import Offer, offers_of, offers_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.studio_app import Studio

POLICY = """\
signing: {sign: true, allowed_signers: .gto.signers}
rules:
- {name: production, stages: prod, approvals: 1}
"""
WHEN = {"GIT_COMMITTER_DATE": "2022-03-01T00:00:00+00:00", "GIT_AUTHOR_DATE": "2022-03-01T00:00:00+00:00"}
WORDS = {"register", "assign", "rollback", "unassign", "approve", "deregister", "deprecate"} | {
    "annotate",
    "remove",
    "add",
}
FILLED = {
    "assign": {"stage": "test"},
    "approve": {"stage": "prod"},
    "annotate": {"text": 'It\'s "new"'},
    "add": {"name": "fresh", "path": "a b.txt", "labels": "x y"},
}
"""What a form is filled in with, where the page leaves it empty."""
TYPED = (
    "register?version=v3.0.0-rc.1",
    "assign?stage=new&version=v0.0.1",
    "rollback?stage=dev&version=v0.0.1",
)
"""Forms that somebody fills in otherwise."""
NUMBER_RE = re.compile(",[0-9a-f]{12}\n|-----BEGIN.*", re.DOTALL)  # random, and what is signed with it


class Desk(NamedTuple):
    """A Studio over a repository, and a second repository that is the same, in which commands run."""

    studio: Studio
    repo: Repo
    other: Repo
    kept: Path

    def restore(self) -> None:
        """Bring both back to what they were."""
        for repo in (self.repo, self.other):
            self.copy(self.kept, repo)

    def copy(self, source: Path, repo: Repo) -> None:
        """Make a repository what another one is."""
        shutil.rmtree(repo.path, ignore_errors=True)
        shutil.copytree(source, repo.path, symlinks=True)
        repo.git("update-index", "--refresh")

    def state(self, repo: Repo) -> tuple[dict[str, str], str]:
        """All refs with their objects, of an approval what can be the same, and the files that differ from HEAD."""
        found = repo.refs()
        approvals = {ref: repo.git("cat-file", "tag", oid) for ref, oid in found.items() if "/approvals/" in ref}
        same = {NUMBER_RE.sub("", text): "" for text in approvals.values()}
        rest = {ref: oid for ref, oid in found.items() if ref not in approvals}
        return {**rest, **same}, repo.git("diff", "HEAD")


@pytest.fixture
def desk(registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The registry under a policy: one version is approved, one waits for it, and a commit has no version."""
    need("ssh-keygen", "openssh-client")
    (tmp_path / "keys").mkdir()
    keys = Keys(tmp_path / "keys")
    for person in ("ada", "grace"):
        keys.make(person)
    signers = "".join(f"{who}@example.com {keys.public(who)}\n" for who in ("ada", "grace"))
    registry.commit("policy", {".gto.policy.yaml": POLICY, ".gto.signers": signers, "metrics.json": '{"auc": 0.95}'})
    become(registry, keys, "ada")
    wrote(registry, "register", "scoring")
    become(registry, keys, "grace")
    wrote(registry, "approve", "churn@v0.0.3", "--stage", "prod")
    become(registry, keys, "ada")
    registry.commit("train again", {"metrics.json": '{"auc": 0.96}'})
    for key, value in WHEN.items():
        monkeypatch.setenv(key, value)
    shutil.copytree(registry.path, tmp_path / "kept", symlinks=True)
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        yield Desk(studio, registry, Repo(tmp_path / "other"), tmp_path / "kept")


def fill_in(desk: Desk, offer: Offer, message: str) -> dict[str, str]:
    """What a form sends that somebody fills in."""
    fields = fields_of(opened(desk.studio, offer.address))
    typed = {} if "?" in offer.address and offer.word == "annotate" else FILLED.get(offer.word, {})
    typed = {key: value for key, value in typed.items() if not fields.get(key) or key == "text"}
    return {**fields, **typed, **({} if offer.word in {"annotate", "remove", "add"} else {"message": message})}


def carry_out(desk: Desk, offer: Offer) -> str:
    """Send a form, and run the command that its page shows; return the page after it, empty where both refuse."""
    fields = fill_in(desk, offer, "two\nlines: 'quoted'")
    path = offer.address.partition("?")[0]
    query = {key: value for key, value in fields.items() if key != "form_token"}
    page = desk.studio.client.get(path, params=query).text
    fields |= {key: value for key, value in fields_of(page).items() if key == "made_for"}
    before = desk.repo.refs("refs/tags").keys()
    answer = desk.studio.client.post(path, data=fields, headers=OWN)
    if "Or type it yourself" not in page:
        assert answer.status_code in {400, 403}, offer
        return ""
    words = command_on(page, desk.repo.path, desk.other.path)
    result = desk.other.gto(*words[1:], env=WHEN)
    assert (result.code == 0) is (answer.status_code == 303), (offer, result.stderr, answer.text)
    assert desk.state(desk.repo) == desk.state(desk.other), offer
    if result.code != 0:
        return ""
    after = opened(desk.studio, answer.headers["location"])
    if offer.word not in {"annotate", "remove", "add", "approve"}:
        shown = {html.unescape(one) for one in re.findall(r"<dd><code><b>([^<]*)</b></code></dd>", page)}
        assert {f"refs/tags/{ref}" for ref in shown} == desk.repo.refs("refs/tags").keys() - before
        assert all(ref in html.unescape(after) for ref in shown)  # it is in the index at once
    return after


@pytest.mark.parametrize(
    "every", [pytest.param(False, id="shapes"), pytest.param(True, id="all", marks=pytest.mark.soak)]
)
def test_whatever_a_page_offers_writes_what_the_command_on_its_form_writes(desk: Desk, *, every: bool) -> None:
    found = offers_of(desk.studio)
    found.sort(key=lambda one: "/churn/" in one.address)  # the last of a shape, which is of what has most
    first = {(one.address if every else one.shape): one for one in found}
    typed = [Offer(f"/m/team/churn/-/{one}", "typed") for one in TYPED]
    words, undone = set(), set()
    for offer in (*first.values(), *typed):
        desk.restore()
        page = carry_out(desk, offer)
        words |= {offer.word} if page else set()
        after = offers_on(desk.studio, offer.address, page)
        for undo in [one for one in after if every or one.shape not in undone][:2]:
            undone.add(undo.shape)
            carry_out(desk, undo)
    assert words == WORDS

"""An annotation proposed: what a form says, as a branch and a pull request of its repository."""

import json
import re

from gto.catalog.parallel import Way, limited
from gto.catalog.repositories import CatalogRepository
from gto.exceptions import UsageError
from gto.fs.cache_dir import digest
from gto.git import command
from gto.git.acting import as_person
from gto.git.remote import is_url, parse
from gto.git.repo import commit_of
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE
from gto.studio.actions import annotation_form
from gto.studio.actions.annotation_form import AnnotationRequest
from gto.studio.actions.annotation_wish import AnnotationWish, ProposalWords
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.proposals.forge_site import ForgeSettings
from gto.studio.proposals.propose import DERIVED, Proposal, ProposedChange, Proposer, propose

_UNKNOWN = ForgeSettings()
_REST_RE = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST_NAME, _DIGITS = 40, 7  # of a branch


def branch_of(wish: AnnotationWish) -> str:
    """Return the branch of a form's proposal, such as `gto/annotate-churn-1a2b3c4`: the same for the same values."""
    word = "remove" if wish.word == "remove" else "annotate"
    said = [wish.path, wish.type, sorted(wish.labels), wish.text] if word == "annotate" else []
    mark = digest(json.dumps([word, wish.name, said]).encode())[:_DIGITS]
    return f"{DERIVED}{word}-{_REST_RE.sub('-', wish.name)[:_LONGEST_NAME].strip('-')}-{mark}"


def propose_annotation(
    place: CatalogRepository,
    way: Way,
    wish: AnnotationWish,
    proposer: Proposer,
    words: ProposalWords = ProposalWords(),  # noqa: B008  a value
    settings: ForgeSettings = _UNKNOWN,
) -> Proposal:
    """Propose what a form says of an artifact, to the branch that the catalogue names, or the remote's own."""
    with command.within(way.seconds):
        return _propose(open_remote(place, way), wish, words, proposer, settings)


def make_proposal(asked: AnnotationRequest, way: Way, token: ForgeToken | None) -> Proposal:
    """Propose what a visitor asks for; in a directory without a remote on a forge it is a branch there, and no more."""
    place, wish, access, words = asked
    assert access.person is not None  # noqa: S101  in a Studio of one person nothing is proposed
    if not place.is_remote and not _is_on_forge(place):
        with command.within(way.seconds), as_person(access.person):
            registry = annotation_form.open_for(place, way, wish)
            annotation_form.save(registry, wish._replace(push=False), wish._replace(push=False).save_options())
            made = commit_of(registry.git, f"refs/heads/{wish.new_branch}") or ""
            return Proposal(wish.new_branch, "HEAD", made)
    proposer = Proposer(access.person, token)
    return propose_annotation(place, way, wish, proposer, words, access.forge)


def _is_on_forge(place: CatalogRepository) -> bool:
    try:
        return bool(address_of(place))
    except UsageError:
        return False


def _propose(
    registry: Registry, wish: AnnotationWish, words: ProposalWords, proposer: Proposer, settings: ForgeSettings
) -> Proposal:
    edit = annotation_form.edit_for(registry, wish._replace(place="new"))
    change = ProposedChange(edit, words.branch.strip() or branch_of(wish), words.title, words.text)
    return propose(registry, change, proposer, settings)


def address_of(place: CatalogRepository) -> str:
    """Return the address of a repository on its forge, which a clone knows as its remote `origin`."""
    if place.is_remote:
        return place.address
    url = command.Git(place.address).run(["ls-remote", "--get-url", REMOTE]).decode("utf-8", "surrogateescape").strip()
    if not is_url(url):
        raise UsageError(f"'{place.name}' has no remote on a forge", "a change is proposed where others can review it")
    return parse(url).url


def open_remote(place: CatalogRepository, way: Way) -> Registry:
    """Open the repository that a change is proposed to, brought up to date."""
    return limited(Registry.open(address_of(place), place.rev, seconds=way.seconds, session=way.session), place)

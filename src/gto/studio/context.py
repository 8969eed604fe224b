"""What every route is given: the index, who keeps it up to date, and how this Studio was started."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

from starlette.requests import Request

from gto.catalog.parallel import Way, failed, open_place
from gto.catalog.repositories import CatalogRepository, Failure
from gto.core.nearness import did_you_mean
from gto.exceptions import GTOException, RepositoryNotFound
from gto.git import command, remote
from gto.registry.registry import Registry
from gto.studio.index.database import PageReader
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.sync.index_keeper import IndexKeeper
from gto.studio.visitor import OWNER, Role, Visitor
from gto.studio.words import without_paths
from gto.studio.write_access import PERSONAL, TokenWanted, WriteAccess, WriteMode

if TYPE_CHECKING:
    from gto.studio.live.live_experiment import LiveExperiment
    from gto.studio.team.saved_views import SavedView
    from gto.studio.team.team import Team

T = TypeVar("T")

_SECONDS = 10.0  # that a page may take to read commits


class StudioSettings(NamedTuple):
    """How this Studio was started."""

    read_only: bool = False
    """Whether nothing may be written."""
    push: bool = False
    """Whether forms suggest to push what they write."""
    presign: bool = False
    """Whether who downloads a file is led to the store that has it, where that can sign an address."""
    now: int | None = None
    """The second at which every page is drawn, for pictures that do not change; None for the clock."""


class FormTokens(Protocol):
    """What ties a form to the session that it was made for."""

    def form_token(self, cookie: str) -> str:
        """Return what a form of this session must carry."""

    def is_form_of(self, cookie: str, token: str) -> bool:
        """Tell whether a form is of this session."""

    def sign(self, purpose: str, text: str) -> str:
        """Return the signature of a text for one purpose, in letters that a URL may hold."""

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Tell whether a signature is of this text and purpose."""


class Recorder(Protocol):
    """Writes down who did what."""

    def __call__(self, action: str, subject: str, *, repository: str = "", **detail: object) -> None:
        """Write an entry."""


def _keep_no_record(*_: object, **__: object) -> None:
    """Write nothing down: whoever works alone knows what they did, and Git tells the rest."""


class StudioContext(NamedTuple):
    """One Studio that runs, as who asks may see it."""

    database: PageReader
    worker: IndexKeeper
    sessions: FormTokens
    way: Way
    settings: StudioSettings
    catalogue: str | None = None
    """The file that lists the repositories; None where they were named."""
    groups: tuple[str, ...] = ()
    """The groups of the catalogue that count; none for all."""
    visitor: Visitor = OWNER
    team: "Team | None" = None
    """None for a Studio of one person."""
    note: Recorder = _keep_no_record
    """Called with each write, once it is done."""

    @property
    def prefix(self) -> str:
        """The path under which a proxy shows this Studio; empty for the root."""
        return self.team.settings.prefix if self.team else ""

    @property
    def places(self) -> tuple[CatalogRepository, ...]:
        """The repositories that are the visitor's to see."""
        if self.visitor.sees_all:
            return self.worker.places
        return tuple(one for one in self.worker.places if self.visitor.role_in(one.entry.groups))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The entries of the catalogue that lead to no repository; they are of no group, so of who runs all."""
        return self.worker.failures if self.runs_all else ()

    @property
    def trouble(self) -> str:
        """What is wrong with the index; empty where nothing is, or it is none of the visitor's business."""
        found = self.worker.trouble if self.is_known else ""
        return found if self.runs_all or not found else "an admin of all repositories sees why"

    @property
    def is_known(self) -> bool:
        """Whether who asks has a name here, or it is a Studio of one person: nobody else has anything done."""
        return self.visitor.id is not None or self.team is None

    @property
    def runs_all(self) -> bool:
        """Whether the visitor is admin of all repositories: sees where the server keeps things."""
        return self.visitor.may(Role.ADMIN, ())

    @property
    def writable(self) -> frozenset[str]:
        """The repositories whose pages offer what writes."""
        seen = () if self.settings.read_only else self.places
        return frozenset(one.name for one in seen if self.visitor.may(Role.CONTRIBUTOR, one.entry.groups))

    def told(self, text: str) -> str:
        """Return a message as the visitor may read it: who does not run all sees no path of the server."""
        return text if self.runs_all else without_paths(text)

    def hush(self, error: GTOException) -> GTOException:
        """Return an error that says no more than told() would."""
        error.message, error.hint = self.told(error.message), self.told(error.hint)
        return error

    @property
    def promotable(self) -> frozenset[str]:
        """The repositories whose pages offer what is for who moves stages: a contributor describes and registers."""
        return frozenset(one for one in self.writable if self.may(Role.MAINTAINER, one))

    @property
    def keeps_catalogue(self) -> bool:
        """Whether the visitor adds and removes repositories."""
        return not self.settings.read_only and self.runs_all

    @property
    def account_links(self) -> tuple[tuple[str, str], ...]:
        """What the menu of who is logged in offers: words and addresses."""
        own, people = (
            (("Your account", "/account"), ("Watched models", "/watched")),
            (("People", "/people"), ("Audit log", "/audit")),
        )
        if self.runs_all:
            return (*own, *people, ("Webhooks", "/webhooks"))
        return (*own, *people) if Role.ADMIN in self.visitor.roles.values() else own

    def watches(self, repo: str, name: str) -> bool | None:
        """Tell whether the visitor follows a model; None for who has no name here."""
        if self.team is None or self.visitor.id is None:
            return None
        from gto.studio.team.watched_models import is_watched

        return is_watched(self.team, self.visitor.id, repo, name)

    def hidden_commits(self, repo: str) -> frozenset[str]:
        """Return the commits of a repository that the team does not want to see among experiments."""
        if self.team is None:
            return frozenset()
        from gto.studio.team.hidden_commits import read_hidden

        return read_hidden(self.team, repo)

    def live_experiments(self, repo: str) -> "tuple[LiveExperiment, ...]":
        """Return the experiments of a repository that run, or ended a while ago; a Studio of one person has none."""
        if self.team is None:
            return ()
        from gto.studio.live.live_store import find_all

        with self.team.database.engine.connect() as connection:
            return find_all(connection, repo)

    def views(self, page: str) -> "tuple[SavedView, ...] | None":
        """Return the views of a page that the visitor or the team saved; None where none can be saved."""
        if self.team is None or self.visitor.id is None:
            return None
        from gto.studio.team.saved_views import read_views

        return read_views(self.team, self.visitor, [one.name for one in self.places], page)

    def shares_views(self, page: str) -> bool:
        """Tell whether the visitor may save a view of a page for everybody."""
        from gto.studio.team.saved_views import shares

        return shares(self.visitor, self.places, page)

    def check_source(self, where: str) -> None:
        """Raise UsageError where the visitor may not add what lies there: a team's server asks for many."""
        if self.team is not None:
            hosts = {remote.host_of(one.address).lower() for one in self.worker.places if remote.is_url(one.address)}
            self.team.settings.sources.check(where, hosts)

    def progress(self) -> dict[str, SyncProgress]:
        """Return how far the repositories are whose versions are being read."""
        seen = {one.name for one in self.places}
        return {name: one for name, one in self.worker.progress().items() if name in seen}

    def may(self, role: Role, repo: str) -> bool:
        """Tell whether the visitor has at least this role in a repository; false where there is none."""
        return any(one.name == repo and self.visitor.may(role, one.entry.groups) for one in self.places)

    def place(self, repo: str) -> CatalogRepository:
        """Return a repository by its name, or raise RepositoryNotFound, also where it is not the visitor's to see."""
        for place in self.places:
            if place.name == repo:
                return place._replace(hides_path=not self.runs_all)
        raise RepositoryNotFound(repo, did_you_mean(repo, [place.name for place in self.places]))

    def lasting_name(self, place: CatalogRepository) -> str:
        """Return the name by which what lasts knows a repository."""
        return self.worker.lasting_name(place)

    def write_access(self, repo: str) -> WriteAccess:
        """Return how a repository is written to for the visitor."""
        return self.team.write_access(self.visitor, self.place(repo)) if self.team else PERSONAL

    def token_for(self, access: WriteAccess, given: Mapping[str, object]) -> ForgeToken | None:
        """Return the token that was typed in for one action, `forge_token`, else the one that the visitor keeps.

        TokenWanted where there is none, and Studio pushes as the visitor.
        """
        typed = str(given.get("forge_token", "")).strip()
        if typed and access.mode is not None:
            return ForgeToken(access.site, typed, str(given.get("forge_name", "")).strip())
        kept = self.team.forge_token(self.visitor, access.site) if self.team else None
        if kept is None and access.mode is WriteMode.OWN:
            raise TokenWanted(access.site)
        return kept

    def read_git(self, repo: str, work: Callable[[Registry], T]) -> T | Failure:
        """Read a repository as it was fetched last, within seconds; a Failure says why it cannot be read."""
        place, turn = self.place(repo), self.worker.for_strangers
        if not self.is_known and not turn.acquire(blocking=False):
            return Failure(repo, "Git is being read for somebody else", "log in, or try again in a moment")
        try:
            with command.within(_SECONDS):
                return work(open_place(place, Way(_SECONDS, offline=True)))
        except (GTOException, OSError) as error:
            why = failed(place, error)
            return Failure(why.repo, self.told(why.error), self.told(why.hint))
        finally:
            if not self.is_known:
                turn.release()


def cookie_of(request: Request) -> str:
    """Return the cookie of a request's session, as the guard read it; empty where there is none."""
    return str(request.scope.get("state", {}).get("cookie", ""))


def context_of(request: Request) -> StudioContext:
    """Return the Studio that a request came to, as who asks may see it."""
    seen = request.scope.get("state", {}).get("studio")
    return cast("StudioContext", seen or request.app.state.context)


def own_address(request: Request) -> str:
    """Return the address of this Studio, with the path under which a proxy shows it."""
    team = context_of(request).team
    return team.settings.url if team else f"http://{request.headers['host']}"


def team_of(request: Request) -> "Team":
    """Return the team's Studio that a request came to."""
    team = context_of(request).team
    assert team is not None  # noqa: S101  its routes are of no other Studio
    return team

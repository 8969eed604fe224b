"""Which version of which artifact a client of the Hub asks for."""

from typing import NamedTuple

from fastapi import Request
from sqlalchemy import Connection

from gto.studio.context import StudioContext, context_of
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import downloads_of
from gto.studio.index.database import kept
from gto.studio.protocols.artifact_names import find_hub
from gto.studio.protocols.asked_version import choose_asked

_MOST = 10_000  # that are kept until the index changes

Named = tuple[str, str, str, str]
"""`models` or `datasets`, namespace, name and revision, as the address has them; no revision for the latest."""


class HubRevision(NamedTuple):
    """A version of an artifact, as the Hub names it."""

    request: Request
    kind: str
    """`models` or `datasets`."""
    namespace: str
    slug: str
    chosen: ChosenVersion

    @property
    def id(self) -> str:
        """How the artifact is called."""
        return f"{self.namespace}/{self.slug}"

    @property
    def studio(self) -> StudioContext:
        """The Studio that is asked."""
        return context_of(self.request)

    def locate(self) -> LocatedVersion:
        """Return where its files are."""
        place = self.studio.place(self.chosen.repo)
        return downloads_of(self.request).found.locate(self.studio, place, self.chosen)


def _nothing_yet(_connection: Connection) -> dict[tuple[str, str, str], ChosenVersion]:
    return {}


def find_revision(request: Request, named: Named) -> HubRevision:
    """Return what is asked for; errors after this one tell its commit."""
    kind, namespace, slug, revision = named
    with context_of(request).database.read() as connection:
        known = kept(connection, _nothing_yet)  # clients ask for each file once more
        chosen = known.get((namespace, slug, revision))
        if chosen is None:
            chosen = choose_asked(connection, *find_hub(connection, namespace, slug), revision).chosen
            if len(known) < _MOST:
                known[namespace, slug, revision] = chosen
    request.state.hub_commit = chosen.commit
    return HubRevision(request, kind, namespace, slug, chosen)

"""What is pulled next is made beforehand: of models that were pulled, whatever is new in a stage, or the latest."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from threading import Event, Thread

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from gto.exceptions import RepositoryNotFound
from gto.oci.artifact import SHAPES
from gto.studio.context import StudioContext
from gto.studio.downloads.located_version import ChosenVersion
from gto.studio.downloads.sending import Downloads
from gto.studio.index.database import reason_of
from gto.studio.index.schema import artifact, repository, standing
from gto.studio.lasting.lasting_tables import oci_manifest
from gto.studio.protocols.oci.kept_artifacts import ArtifactOrigin
from gto.studio.protocols.oci.making import ArtifactMaker, TooManyWait, make_artifact

LOG = logging.getLogger("gto.studio")

_EVERY = 10.0  # seconds
_CLAIM = "oci artifacts"  # one process makes them for all


class ArtifactPreparer:
    """Looks from time to time, in a thread, at what tags changed."""

    def __init__(self, studio: StudioContext, maker: ArtifactMaker, downloads: Downloads) -> None:
        """`studio` is as one sees it who sees everything."""
        self._studio = studio
        self._maker = maker
        self._downloads = downloads
        self._seen: object = None
        self._is_closing = Event()
        self._thread = Thread(target=self._work, name="studio-oci-ahead", daemon=True)

    def start(self) -> None:
        """Begin, after a look at what was pulled before."""
        try:
            with self._studio.worker.database.lasting.read() as connection:
                if connection.execute(select(oci_manifest.c.id).limit(1)).first() is not None:
                    self._maker.is_used.set()
        except (OSError, SQLAlchemyError) as error:
            _warn(error)
        self._thread.start()

    def close(self) -> None:
        """Begin nothing any more."""
        self._is_closing.set()

    def _work(self) -> None:
        while not self._is_closing.wait(_EVERY):
            try:
                if self._maker.is_used.is_set():  # nothing is looked for where nothing was ever pulled
                    self.look()
            except (OSError, SQLAlchemyError) as error:
                _warn(error)

    def look(self) -> None:
        """Have made what is new, unless another process does that."""
        database = self._studio.worker.database
        with database.read() as connection:
            state = database.state(connection)
            if state == self._seen:
                return
            current = list(_current(connection))
        self._seen = state
        claim = database.claim(_CLAIM)
        if claim is None:
            return
        try:
            self._prepare(current)
        finally:
            claim.release()

    def _prepare(self, current: list[ChosenVersion]) -> None:
        with self._studio.worker.database.lasting.read() as connection:
            columns = [oci_manifest.c[name] for name in ArtifactOrigin._fields]
            made = {ArtifactOrigin._make(row) for row in connection.execute(select(*columns))}
        pulled = defaultdict(set)
        for one in made:
            pulled[one.repository, one.artifact].add(one.shape)
        for chosen in current:
            try:
                name = self._studio.lasting_name(self._studio.place(chosen.repo))
            except RepositoryNotFound:  # the catalogue has it no more
                continue
            for shape in SHAPES:
                origin = ArtifactOrigin(name, chosen.name, chosen.version, chosen.commit, shape)
                if shape in pulled[name, chosen.name] and origin not in made:
                    self._ask(origin, chosen)

    def _ask(self, origin: ArtifactOrigin, chosen: ChosenVersion) -> None:
        studio = self._studio

        def make() -> None:
            found = self._downloads.found.locate(studio, studio.place(chosen.repo), chosen)
            make_artifact(studio.worker.database.lasting, origin, found)

        try:
            self._maker.ask(origin, make, is_known=True)
        except TooManyWait:
            LOG.warning("too many artifacts wait to be prepared: whoever pulls '%s' waits", chosen.name)


def _warn(error: Exception) -> None:
    LOG.warning("artifacts for container registries cannot be prepared: %s", reason_of(error))


def _current(connection: Connection) -> Iterator[ChosenVersion]:
    """Yield the latest version of each artifact, and those that stages show."""
    whose = (repository.c.name, artifact.c.name)
    latest = select(*whose, artifact.c.latest, artifact.c.latest_commit).join_from(artifact, repository)
    yield from (ChosenVersion(*row) for row in connection.execute(latest.where(artifact.c.latest.is_not(None))))
    held = select(*whose, standing.c.version, standing.c.commit).select_from(standing.join(artifact).join(repository))
    shown = held.where(artifact.c.is_active, standing.c.place == 0)
    yield from (ChosenVersion(*row) for row in connection.execute(shown))

"""Many repositories read at once: so many threads, so many seconds for each, answers in the catalogue's order."""

from __future__ import annotations

import time
from collections import deque
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from gto.catalog.repositories import CatalogRepository, Failure, Search, is_repository
from gto.exceptions import ArtifactNotFound, BadFile, GitError, GTOException, NoRepo
from gto.git import command
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from gto.git.session import Session

T = TypeVar("T")

SECONDS = 60.0
"""How long one repository may take, unless the caller says otherwise."""

_WORKERS = 16  # most of their time is git's, in processes of its own
_GRACE = 2.0  # seconds in which git is ended, and its error becomes the answer, before a repository is given up
_TURN = 0.2  # seconds between two looks at what is late
_LONGEST = 400  # characters of an error: what git quotes may be long


def _silent(_done: int, _all: int) -> None:
    """Tell nobody how far the work is."""


class Way(NamedTuple):
    """How repositories are read."""

    seconds: float = SECONDS
    """The longest that one repository may take."""
    offline: bool = False
    """Whether remote ones are read as they were fetched last."""
    tell: Callable[[int, int], None] = _silent
    """Called again and again with how many are done, and of how many."""
    session: Session | None = None
    """What is kept between readings, by all the repositories together; None for nothing."""


class Gathered(NamedTuple, Generic[T]):
    """What was read of each repository, in the catalogue's order, and why others could not be read."""

    parts: tuple[tuple[CatalogRepository, T], ...]
    failures: tuple[Failure, ...]


def gather(found: Search, work: Callable[[Registry], T], way: Way) -> Gathered[T]:
    """Do the work on every repository; one that cannot be read, or takes too long, is a failure beside the others."""
    answers = each(found.places, lambda place: work(open_place(place, way)), way)
    pairs = list(zip(found.places, answers, strict=True))
    parts = [(place, answer) for place, answer in pairs if not isinstance(answer, Failure)]
    failures = [answer for _, answer in pairs if isinstance(answer, Failure)]
    return Gathered(tuple(parts), (*failures, *found.failures))


def open_place(place: CatalogRepository, way: Way) -> Registry:
    """Open a repository of the catalogue; NoRepo where there is none at this very path, RefNotFound for its branch."""
    if not place.is_remote and not is_repository(place.address):
        raise NoRepo(place.address)
    seconds, session = way.seconds, way.session
    registry = Registry.open(place.address, place.rev, offline=way.offline, seconds=seconds, session=session)
    if place.entry.branch is not None:
        registry.commit()
    return limited(registry, place)


def limited(registry: Registry, place: CatalogRepository) -> Registry:
    """Have a registry read no stores but those that may be read for its repository."""
    registry.repo = registry.repo._replace(stores=place.stores)
    return registry


def each(places: tuple[CatalogRepository, ...], work: Callable[[CatalogRepository], T], way: Way) -> list[T | Failure]:
    """Call `work` with every place, in threads that do not keep the process from ending."""
    waiting = deque(enumerate(places))
    started: dict[int, float] = {}
    answers: SimpleQueue[tuple[int, T | Failure | _Crash]] = SimpleQueue()

    def toil() -> None:
        while True:
            try:
                number, place = waiting.popleft()
            except IndexError:
                return
            started[number] = time.monotonic()
            answers.put((number, _answer(place, work, way.seconds)))

    done: dict[int, T | Failure] = {}
    _employ(toil, min(_WORKERS, len(places)))
    while len(done) < len(places):
        way.tell(len(done), len(places))
        try:
            number, answer = answers.get(timeout=_TURN)
        except Empty:
            late = [one for one in list(started) if one not in done and _age(started[one]) > way.seconds + _GRACE]
            done |= {one: _late(places[one], way.seconds) for one in late}
            _employ(toil, min(len(late), len(waiting)))  # the threads that are stuck are no use any more
            continue
        if isinstance(answer, _Crash):
            raise answer.error
        done.setdefault(number, answer)
    way.tell(len(done), len(places))
    return [done[number] for number in range(len(places))]


class _Crash(NamedTuple):
    """An error that nobody declared: it is the caller's to see."""

    error: BaseException


def _employ(toil: Callable[[], None], count: int) -> None:
    for _ in range(count):
        Thread(target=copy_context().run, args=(toil,), daemon=True).start()


def _age(start: float) -> float:
    return time.monotonic() - start


def _answer(place: CatalogRepository, work: Callable[[CatalogRepository], T], seconds: float) -> T | Failure | _Crash:
    try:
        with command.within(seconds):
            return work(place)
    except (GTOException, OSError) as error:
        return failed(place, error)
    except BaseException as error:  # noqa: BLE001  raised again by who waits for the answer
        return _Crash(error)


def _late(place: CatalogRepository, seconds: float) -> Failure:
    return Failure(place.name, f"no answer within {seconds:g} seconds", LATE)


LATE = "is its disk or its server slow? --timeout SECONDS gives it more"


def failed(place: CatalogRepository, error: GTOException | OSError) -> Failure:
    """Say on one line why a repository cannot be read."""
    text = f"{error.strerror or error}" if isinstance(error, OSError) else error.message
    line = " ".join(part.strip() for part in text.splitlines() if part.strip())
    return Failure(place.name, line if len(line) <= _LONGEST else f"{line[:_LONGEST]}...", _hint(place, error))


def _hint(place: CatalogRepository, error: GTOException | OSError) -> str:
    match error:
        case OSError():
            return f"`ls -l {place.address}` shows who may read it"
        case NoRepo():
            return f"mend its path in the catalogue, or `gto repos remove {place.name}`"
        case ArtifactNotFound():
            return f"`gto show --all {place.name}` lists the artifacts of this repository"
        case _ if error.hint:
            return error.hint.replace("`gto doctor`", f"`gto doctor -r {place.address}`")
        case _:
            return _usual_hint(place, error)


def _usual_hint(place: CatalogRepository, error: GTOException) -> str:
    if isinstance(error, GitError):
        return LATE if error.status is None else f"`git -C {place.address} fsck` says what is damaged"
    return f"mend the file in {place.address}" if isinstance(error, BadFile) else ""

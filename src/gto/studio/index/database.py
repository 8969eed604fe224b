"""How the database of Studio is read and written, whichever engine keeps it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine, column, delete, event, insert, select, table
from sqlalchemy.exc import DBAPIError

from gto.studio.index.dialects import make_storable
from gto.studio.index.schema import metadata
from gto.studio.lasting.lasting_file import Lasting

T = TypeVar("T")

# What a connection holds: how its state is asked for, which one it saw last, and what was read of that.
_ASK, _STATE, _KEPT = "gto-ask", "gto-state", "gto-kept"
_VISIBLE = table("visible", column("id"))


class Reader(Protocol):
    """What pages read."""

    def read(self) -> AbstractContextManager[Connection]:
        """Yield a connection that sees one state of the index, whoever writes meanwhile."""


class PageReader(Reader, Protocol):
    """What pages read, where one query may be enough."""

    def read_once(self) -> AbstractContextManager[Connection]:
        """Yield a connection for one query; each more may see another state of the index."""


class IndexWriter(Reader, Protocol):
    """What brings news into the index."""

    def write(self) -> AbstractContextManager[Connection]:
        """Yield a connection in a transaction that writes into the index; an exception takes all of it back."""


class Claim(ABC):
    """Something that one process alone may do; it ends with the process, however that ends."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._is_over = False

    def is_held(self) -> bool:
        """Tell whether it still is: a server that was started again knows of none."""
        with self._turn:
            return not self._is_over and self._is_known()

    def release(self) -> None:
        """Let others claim it; any thread may do so, and the first one counts."""
        with self._turn:
            if not self._is_over:
                self._is_over = True
                self._give_back()

    @abstractmethod
    def _is_known(self) -> bool:
        """Tell whether the database knows of it."""

    @abstractmethod
    def _give_back(self) -> None:
        """Have the database forget it."""


class Database(ABC):
    """An index, and the tables of a team beside it where there is one."""

    schema: str
    """What the engine calls the place of the index's tables."""
    is_lasting: bool
    """Whether it is a team's, and holds what lasts beside the index."""

    def __init__(self, engine: Engine, narrow: Engine) -> None:
        """`narrow` is of the same database; its connections see those repositories alone that they are told."""
        self.engine = engine
        self._narrow = narrow
        for one in (engine, narrow):
            event.listen(one, "before_cursor_execute", make_storable, retval=True)

        @event.listens_for(narrow, "engine_connect")
        def hide(connection: Connection) -> None:
            if "is_narrow" not in connection.info:
                for statement in self.narrowing():
                    connection.exec_driver_sql(statement)
                connection.commit()
                connection.info["is_narrow"] = True

    @property
    @abstractmethod
    def lasting(self) -> Lasting:
        """What is kept that is not of the index."""

    @abstractmethod
    def state(self, connection: Connection) -> object:
        """Return what is another whenever somebody wrote into the index."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """Yield a connection in a transaction that writes into the index; an exception takes all of it back."""

    @abstractmethod
    def make_anew(self) -> None:
        """Put an empty index in its place."""

    @abstractmethod
    def claim(self, name: str) -> Claim | None:
        """Claim what has this name, for this process alone; None where somebody has it."""

    @abstractmethod
    def used_by_process(self) -> AbstractContextManager[None]:
        """Use it for as long as this process runs; UsageError where another one does that and the engine serves one."""

    def wait_for_turn(self, connection: Connection, name: str) -> None:
        """Let nobody else have a turn of this name before the transaction ends; here because writers are alone."""
        del connection, name

    def is_damage(self, error: BaseException) -> bool:
        """Tell whether an error says that the index is no sound database, so that it has to be made anew."""
        del error
        return False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the index, whoever writes meanwhile."""
        with self.engine.connect() as connection, connection.begin():
            self.ask_before_kept(connection)
            yield connection

    def ask_before_kept(self, connection: Connection) -> None:
        """Have the state asked for before kept() gives what was read earlier."""
        connection.info[_ASK] = self.state

    def read_once(self) -> AbstractContextManager[Connection]:
        """Yield a connection for one query, without a transaction around it where that costs something."""
        return self.read()

    @contextmanager
    def read_of(self, repositories: frozenset[str]) -> Iterator[Connection]:
        """Do as read() does; the connection sees these repositories alone."""
        with self._narrow.connect() as connection:
            try:
                with connection.begin():
                    if _remember(connection, (self.state(connection), repositories)):
                        self._show(connection, repositories)
                    yield connection
            except BaseException:
                forget_kept(connection)  # what it may see was taken back with the transaction
                raise

    def _show(self, connection: Connection, repositories: frozenset[str]) -> None:
        """Have a connection see these repositories alone."""
        whole = table("repository", column("id"), column("name"), schema=self.schema)
        seen = select(whole.c.id).where(whole.c.name.in_(sorted(repositories)))
        connection.execute(delete(_VISIBLE))
        connection.execute(insert(_VISIBLE).from_select(["id"], seen))

    @contextmanager
    def record(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that writes what is not of the index."""
        with self.engine.connect() as connection:
            connection.execution_options(is_writer=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._narrow.dispose()

    def narrowing(self) -> Iterator[str]:
        """Yield what makes a connection see the rows of some repositories alone: views that hide the tables."""
        yield "CREATE TEMPORARY TABLE visible (id INTEGER PRIMARY KEY)"
        for one in metadata.sorted_tables:
            theirs = f"SELECT * FROM {self._name(one.name)} AS one"  # noqa: S608  names of ours, as below
            yield f'CREATE TEMPORARY VIEW "{one.name}" AS {theirs} WHERE {self._seen(set(one.c.keys()), one.name)}'

    def _name(self, name: str) -> str:
        return f'{self.schema}."{name}"'

    def _seen(self, columns: set[str], name: str) -> str:
        if name == "repository":
            return "one.id IN (SELECT id FROM visible)"
        if "repository_id" in columns:
            return "one.repository_id IN (SELECT id FROM visible)"
        if "artifact_id" in columns:
            of_artifact = f"FROM {self._name('artifact')} AS theirs JOIN visible ON visible.id = theirs.repository_id"
            return f"EXISTS (SELECT 1 {of_artifact} WHERE theirs.id = one.artifact_id)"
        raise AssertionError(f"nothing says of which repository a row of '{name}' is")


def kept(connection: Connection, read: Callable[[Connection], T]) -> T:
    """Return what a function reads of the whole index, over a connection that reads; it is kept until one wrote."""
    ask = connection.info.pop(_ASK, None)
    if ask is not None:
        _remember(connection, ask(connection))
    values = cast("dict[Callable[[Connection], object], object]", connection.info[_KEPT])
    if read not in values:
        values[read] = read(connection)
    return cast("T", values[read])


def forget_kept(connection: Connection) -> None:
    """Keep nothing any more over a connection that is going to write: the state tells what others wrote alone."""
    connection.info.pop(_STATE, None)
    connection.info.pop(_ASK, None)


def _remember(connection: Connection, state: object) -> bool:
    """Note the state that a connection sees; true where it is another than before."""
    if connection.info.get(_STATE) == state:
        return False
    connection.info.update({_STATE: state, _KEPT: {}})
    return True


def reason_of(error: BaseException) -> str:
    """Say in a few words what an error of the system or of the database says."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]

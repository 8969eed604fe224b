"""The only place that starts git, with a known environment and a time limit."""

import errno
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BufferedReader
from threading import Event, Thread, Timer
from types import MappingProxyType
from typing import IO, NamedTuple

from gto.exceptions import GitError, GitMissing, WrongConfig
from gto.git import acting, process_tree
from gto.git.git_errors import explain
from gto.git.safe_config import guard

SECONDS = 600.0
"""The longest that a git process may take, unless the environment variable GTO_TIMEOUT says otherwise."""

_SHORT = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}
# What a caller may say about who writes, how to reach a remote, which configuration counts, and what to trace;
# everything else of GIT_* (GIT_DIR of a hook, say) would point git at another repository (decisions 4).
_KEPT = (
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_SSH",
    "GIT_ASKPASS",
    "GIT_CONFIG",
    "GIT_LFS_",
    "GIT_TRACE",
    "GIT_TERMINAL_PROMPT",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_SSL_",
    "GIT_PROXY_",
    "GIT_HTTP_",
    "GIT_ALLOW_PROTOCOL",
    "GIT_PROTOCOL",
)
_DROPPED = ("GIT_", "GTO_STUDIO_")  # the second are secrets of a server, which hooks and helpers have no need of


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment, without what would point git elsewhere, and with `extra`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_DROPPED) or key.startswith(_KEPT)}
    fixed = {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": f"{os.devnull}/none",  # of one that is there, if empty, git warns that grafts are outdated
        "GIT_TRACE_REDACT": "1",
    }
    return {**kept, **fixed, **extra}


class Listener(NamedTuple):
    """Who is told what git does; each context, and so each thread that is given a copy of one, has its own."""

    command: Callable[[str], None] | None = None
    progress: Callable[[str], None] | None = None


_SILENT = Listener()
_listener: ContextVar[Listener] = ContextVar("gto_git_listener", default=_SILENT)


def watch(say: Callable[[str], None]) -> None:
    """Have `say` called with every git command before it starts, quoted for a shell; nobody else is from now on."""
    _listener.set(_listener.get()._replace(command=say))


def report(say: Callable[[str], None]) -> None:
    """Have `say` called with the lines of progress of git, and with an empty one when it ends; nobody else is then."""
    _listener.set(_listener.get()._replace(progress=say))


def tell(text: str) -> None:
    """Report something that is no git process's progress; an empty text when it is over."""
    if (say := _listener.get().progress) is not None:
        say(text)


def is_reported() -> bool:
    """Tell whether anybody wants to see progress."""
    return _listener.get().progress is not None


def limit() -> float:
    """Return how many seconds a git process may take."""
    text = os.environ.get("GTO_TIMEOUT", "")
    try:
        seconds = float(text or SECONDS)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise WrongConfig("GTO_TIMEOUT", f"seconds were expected, as in 30, not '{text}'")
    return seconds


class _Bound(NamedTuple):
    """When git processes must have ended, and after how many seconds that is."""

    end: float = float("inf")
    seconds: float = float("inf")


_ENDLESS = _Bound()
_bound: ContextVar[_Bound] = ContextVar("gto_git_bound", default=_ENDLESS)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all git processes that are started inside have so many seconds together; the one around may give fewer."""
    token = _bound.set(min(_bound.get(), _Bound(time.monotonic() + seconds, seconds)))
    try:
        yield
    finally:
        _bound.reset(token)


def _left(seconds: float) -> tuple[float, float]:
    """Return how long a process may take that was given `seconds`, and the limit that then ends it."""
    bound = _bound.get()
    left = max(bound.end - time.monotonic(), 0.001)
    return (seconds, seconds) if seconds <= left else (left, bound.seconds)


_hidden: set[str] = set()
_USER_RE = re.compile(r"(https?://)[^/\s'\"]+@")
_SHORTEST_SECRET = 6  # characters; shorter ones would turn words of git into stars


def hide(*secrets: str) -> None:
    """Have `***` stand for these in everything that git says on stderr from now on."""
    _hidden.update(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)


def _text(err: bytes) -> str:
    return masked(err.decode("utf-8", "replace"))


def masked(text: str) -> str:
    """Put `***` in the place of secrets: those that hide() was told, a person's, and what precedes the `@` of a URL."""
    for secret in sorted({*_hidden, *acting.secrets()}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return _USER_RE.sub(r"\1***@", text)


class Git(NamedTuple):
    """The git executable in one directory."""

    directory: str
    env: Mapping[str, str] = MappingProxyType({})
    seconds: float | None = None
    """The longest that a process may take; None for limit()."""

    @property
    def configured(self) -> "Git":
        """The same with the user's and the system's configuration, from which a mirror's reading is kept."""
        hiding = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"}
        return self._replace(env={key: value for key, value in self.env.items() if key not in hiding})

    def run(self, args: Sequence[str], *, data: bytes = b"", ok: Sequence[int] = (0,)) -> bytes:
        """Return what git prints; an exit status outside `ok` raises GitError with git's own words."""
        out, status, err = self.ask(args, data=data)
        if status not in ok:
            raise explain(self.directory, args, status, err)
        return out

    def ask(self, args: Sequence[str], *, data: bytes = b"") -> tuple[bytes, int, str]:
        """Return what git prints, its exit status, and what it says on stderr."""
        left, seconds = _left(self.seconds or limit())
        process = self._start(args)
        try:
            out, err = process.communicate(data, timeout=left)
        except BaseException as error:  # too late, or Ctrl-C: nothing goes on that nobody waits for
            process_tree.end(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with suppress(OSError):  # what was not written yet
                        pipe.close()  # not read on: a child that is still there holds the other end
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise _late(args, seconds) from error
            raise
        finally:
            process_tree.leave(process)
        return out, process.returncode, _text(err)

    def talk(self, args: Sequence[str], *, data: bytes = b"") -> tuple[bytes, int, str]:
        """Do as ask(), and hand git's progress to who wants it; `args` hold --progress."""
        with self.stream(args, data) as answer:
            out = answer.out.read()
            status, err = answer.end()
        return out, status, err

    @contextmanager
    def stream(self, args: Sequence[str], data: bytes) -> "Iterator[GitOutput]":
        """Give git `data` and yield its answer, to be read as it comes; how git ends is the reader's to ask."""
        left, seconds = _left(self.seconds or limit())
        process = self._start(args)
        answer = GitOutput(process)
        feeder = Thread(target=_feed, args=(process.stdin, data), daemon=True)
        feeder.start()
        late = Event()
        timer = Timer(left, _end, (process, late))
        timer.daemon = True
        timer.start()
        try:
            yield answer
        finally:
            timer.cancel()
            process.kill()
            answer.close()
            feeder.join()
            process_tree.leave(process)
        if late.is_set():
            raise _late(args, seconds)

    def _start(self, args: Sequence[str]) -> "subprocess.Popen[bytes]":
        if process_tree.is_over():
            raise GitError(args, None, "gto is about to end")
        process = self._start_now(args)
        process_tree.join(process)
        return process

    def _start_now(self, args: Sequence[str]) -> "subprocess.Popen[bytes]":
        argv = ["git", "-C", self.directory, *args]
        env = environment(self.env)
        env |= acting.variables(args, env)
        if (say := _listener.get().command) is not None:
            from shlex import join

            say(masked(join(argv)))
        try:
            return subprocess.Popen(  # noqa: S603  the arguments are a list; no shell reads them
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**env, **guard(args, env)},
                bufsize=1 << 16,
                process_group=process_tree.new_group(),
            )
        except FileNotFoundError as error:
            raise GitMissing("there is no git executable") from error
        except OSError as error:
            missing = GitMissing(f"git cannot be started: {error.strerror}")
            if error.errno in _SHORT:
                missing.hint = "`ulimit -a` shows what this process may use"
            raise missing from error
        except ValueError as error:  # a NUL byte in an argument
            raise GitError(args, None, f"an argument of git holds a byte that it cannot: {error}") from error


class GitOutput:
    """What a git process prints, while it runs."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        assert process.stdin is not None  # noqa: S101  Git starts processes with three pipes
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self.out: IO[bytes] = process.stdout
        """Git's stdout."""
        for pipe in (process.stdin, process.stdout):
            _widen(pipe)
        self._err: list[bytes] = []
        self._listener = Thread(target=_listen, args=(process.stderr, self._err, _listener.get().progress), daemon=True)
        self._listener.start()

    def end(self) -> tuple[int, str]:
        """Return exit status and stderr, once all of `out` was read."""
        self._listener.join()
        return self._process.wait(), _text(_without_progress(b"".join(self._err)))

    def close(self) -> None:
        """Let go of the process, which has ended or was killed."""
        self.out.close()
        self._process.wait()
        self._listener.join(1.0)  # a child of git that is still there may hold the pipe


def _end(process: "subprocess.Popen[bytes]", late: Event) -> None:
    late.set()
    process_tree.end(process)


def _late(args: Sequence[str], seconds: float) -> GitError:
    return GitError(args, None, f"no answer within {seconds:g} seconds")


def _listen(pipe: IO[bytes], heard: list[bytes], say: Callable[[str], None] | None) -> None:
    left = 1 << 20  # bytes: more than a megabyte of complaints tells nothing more
    assert isinstance(pipe, BufferedReader)  # noqa: S101  a buffer size was asked for
    with pipe:
        while chunk := pipe.read1(1 << 16):
            heard.append(chunk[:left])
            left -= len(heard[-1])
            if say is not None:
                for line in chunk.replace(b"\r", b"\n").splitlines()[-1:]:
                    say(line.decode("utf-8", "replace").strip())
    if say is not None:
        say("")


def _without_progress(err: bytes) -> bytes:
    """Drop what git wrote over: of a line only what follows its last carriage return stays."""
    if b"\r" not in err:
        return err
    lines = err.replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(line for line in lines if b"\r" not in line)


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold a megabyte, where the system can and allows it: a large registry is read in fewer turns."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with suppress(BrokenPipeError, ValueError), pipe:  # git may end first; the reader notices
        pipe.write(data)

"""The only place that starts a process: git, with a known environment and a time limit."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread, Timer
from types import MappingProxyType
from typing import IO, NamedTuple

from gto.exceptions import GitError, GitMissing

READ_SECONDS = 600.0
"""The longest that a local git process may take."""

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


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment, without what would point git elsewhere, and with `extra`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(_KEPT)}
    fixed = {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    return {**kept, **fixed, **extra}


_watchers: list[Callable[[str], None]] = []


def watch(say: Callable[[str], None]) -> None:
    """Have `say` called with every git command before it starts, quoted for a shell; nobody else is from now on."""
    _watchers[:] = [say]


class Git(NamedTuple):
    """The git executable in one directory."""

    directory: str
    env: Mapping[str, str] = MappingProxyType({})

    def run(
        self,
        args: Sequence[str],
        *,
        data: bytes = b"",
        ok: Sequence[int] = (0,),
        seconds: float = READ_SECONDS,
    ) -> bytes:
        """Return what git prints; an exit status outside `ok` raises GitError with git's own words."""
        out, status, err = self.ask(args, data=data, seconds=seconds)
        if status not in ok:
            raise GitError(args, status, err)
        return out

    def ask(self, args: Sequence[str], *, data: bytes = b"", seconds: float = READ_SECONDS) -> tuple[bytes, int, str]:
        """Return what git prints, its exit status, and what it says on stderr."""
        process = self._start(args)
        try:
            out, err = process.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise _late(args, seconds) from error
        return out, process.returncode, err.decode("utf-8", "replace")

    @contextmanager
    def stream(self, args: Sequence[str], data: bytes, *, seconds: float = READ_SECONDS) -> "Iterator[Answer]":
        """Give git `data` and yield its answer, to be read as it comes; how git ends is the reader's to ask."""
        process = self._start(args)
        answer = Answer(process)
        feeder = Thread(target=_feed, args=(process.stdin, data), daemon=True)
        feeder.start()
        late = Event()
        timer = Timer(seconds, _end, (process, late))
        timer.daemon = True
        timer.start()
        try:
            yield answer
        finally:
            timer.cancel()
            process.kill()
            answer.close()
            feeder.join()
        if late.is_set():
            raise _late(args, seconds)

    def _start(self, args: Sequence[str]) -> "subprocess.Popen[bytes]":
        argv = ["git", "-C", self.directory, *args]
        for say in _watchers:
            from shlex import join

            say(join(argv))
        try:
            return subprocess.Popen(  # noqa: S603  the arguments are a list; no shell reads them
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(self.env),
                bufsize=1 << 16,
            )
        except FileNotFoundError as error:
            raise GitMissing("there is no git executable") from error
        except OSError as error:
            raise GitMissing(f"git cannot be started: {error.strerror}") from error
        except ValueError as error:  # a NUL byte in an argument
            raise GitError(args, None, f"an argument of git holds a byte that it cannot: {error}") from error


class Answer:
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
        self._listener = Thread(target=_listen, args=(process.stderr, self._err), daemon=True)
        self._listener.start()

    def end(self) -> tuple[int, str]:
        """Return exit status and stderr, once all of `out` was read."""
        self._listener.join()
        return self._process.wait(), b"".join(self._err).decode("utf-8", "replace")

    def close(self) -> None:
        """Let go of the process, which has ended or was killed."""
        self.out.close()
        self._listener.join()
        self._process.wait()


def _end(process: "subprocess.Popen[bytes]", late: Event) -> None:
    late.set()
    process.kill()


def _late(args: Sequence[str], seconds: float) -> GitError:
    return GitError(args, None, f"no answer within {seconds:g} seconds")


def _listen(pipe: IO[bytes], heard: list[bytes]) -> None:
    with pipe:
        heard.append(pipe.read(1 << 20))
        while pipe.read(1 << 16):
            pass  # more than a megabyte of complaints tells nothing more


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold a megabyte, where the system can and allows it: a large registry is read in fewer turns."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with suppress(BrokenPipeError, ValueError), pipe:  # git may end first; the reader notices
        pipe.write(data)

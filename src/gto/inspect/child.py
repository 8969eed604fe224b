"""The process that reads a stranger's file: it sets its limits, asks its parent for bytes, and answers with the facts.

It has neither network nor file: each read is a line of JSON on standard output, to which the parent answers on standard
input with the bytes. The last line is the facts.
"""

import json
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.model_file import Allowance, ModelFile, UnreadableModel


def main() -> None:
    """Read what the first line of standard input names, and print the facts."""
    job = json.loads(sys.stdin.buffer.readline())
    _limit(job["seconds"], job["memory"])
    facts = ModelFacts()
    try:
        _read(job, facts)
    except UnreadableModel as error:
        _give_up(facts, str(error))
    except MemoryError:
        _give_up(facts, f"reading it takes more than {job['memory'] >> 20} MiB of memory")
    except RecursionError:
        _give_up(facts, "it is nested too deeply")
    _say({"facts": facts.as_dict()})


def _read(job: dict[str, Any], facts: ModelFacts) -> None:
    allowance = Allowance(job["read"], job["unpacked"])
    openers = {path: _opener(number, path, size, allowance) for number, (path, size) in enumerate(job["files"])}
    if job["is_directory"]:
        formats.read_tree(FileTree(job["name"], openers), facts)
    else:
        (open_file,) = openers.values()
        formats.read_file(open_file(), facts)


def _opener(number: int, path: str, size: int, allowance: Allowance) -> Callable[[], ModelFile]:
    def ask(start: int, count: int) -> bytes:
        _say({"read": [number, start, count]})
        return sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))

    return lambda: ModelFile(path, size, ask, allowance)


def _give_up(facts: ModelFacts, reason: str) -> None:
    """Note why the rest was not read: what was not read may hold anything."""
    facts.code_on_load = CodeOnLoad.UNKNOWN
    facts.notes.append(reason)


def _limit(seconds: int, memory: int) -> None:
    signal.signal(signal.SIGXCPU, _out_of_time)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":  # macOS counts its own libraries, and refuses
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _out_of_time(_signal: int, _frame: object) -> NoReturn:
    raise UnreadableModel("reading it takes too long")


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

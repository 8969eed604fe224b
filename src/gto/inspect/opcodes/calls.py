"""What a pickle may do with the names that it imports, and leave no doubt: the calls and states of honest models.

That a name is on the list says little where the pickle chooses what it is called with. So the rules are about what
models do: they call few names with arguments; what calls one of its arguments gets one of its own kind; no state sets
what Python or NumPy would call, or would take for memory.
"""

from collections.abc import Iterator
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.dtypes import DTYPE, has_objects
from gto.inspect.opcodes.records import Entries, Global, Payload, PickledObject

_CALLS_ARGUMENT: Final = {
    Global("copy_reg", "_reconstructor"): (1, {"__builtin__", "builtins"}),
    Global("copyreg", "_reconstructor"): (1, {"__builtin__", "builtins"}),
    Global("numpy.random._pickle", "__generator_ctor"): (1, {"numpy.random._pickle"}),
    Global("numpy.random._pickle", "__randomstate_ctor"): (1, {"numpy.random._pickle"}),
    Global("torch._tensor", "_rebuild_from_type_v2"): (0, {"torch._utils"}),
}
"""What calls one of its arguments: which one, and from which modules that comes in models."""
_MAKES_INDEX: Final = {
    Global(f"pandas.core.indexes.{module}", f"_new_{kind}")
    for module, kind in (
        ("base", "Index"), ("datetimes", "DatetimeIndex"), ("interval", "IntervalIndex"),
        ("timedeltas", "TimedeltaIndex"),
    )
}  # fmt: skip
_PARSED: Final = {"dtype", "tz", "freq"}
"""Of an index: pandas opens a file for the time zone `dateutil//a/file`, in a data type too."""
_DECISIVE: Final = frozenset(
    {
        "__class__", "__dict__", "__setstate__",
        "append", "extend", "add",  # opcodes call these
        "__array__", "__array_interface__", "__array_struct__",  # addresses of memory
    }
)  # fmt: skip


def doubts_of_call(maker: Global, args: object) -> Iterator[str]:
    """Yield why a call may do more than make a value."""
    values = args if isinstance(args, tuple) else ()
    if maker in _CALLS_ARGUMENT:
        place, modules = _CALLS_ARGUMENT[maker]
        for called in values[place : place + 1]:
            if not (type(called) is Global and called.module in modules):
                yield f"{maker} calls what no model has it call"
    elif maker in _MAKES_INDEX and not _is_plain_index(values):
        yield f"{maker} is told a data type or time zone, for which it may open a file"
    elif maker == DTYPE and not (values and isinstance(values[0], str)):
        yield "a data type in it is not made of a text"
    if any(isinstance(value, Entries) and changes_behaviour(value) for value in values):
        yield f"{maker} is given a state that sets how an object behaves"


def _is_plain_index(args: tuple[object, ...]) -> bool:
    match args:
        case (_, Entries(pairs=pairs)):
            return all(isinstance(key, str) and (key not in _PARSED or _is_made(value)) for key, value in pairs)
        case _:
            return False


def _is_made(value: object) -> bool:
    return value is None or (isinstance(value, PickledObject) and (value.is_object or value.maker == DTYPE))


def doubt_of_state(target: PickledObject, state: object) -> str | None:
    """Return why a state may do more than set attributes."""
    if target.maker == DTYPE:
        try:
            has_objects(target)
        except UnreadableModel as error:
            return str(error)
    return "it sets the class or a method of an object" if changes_behaviour(state) else None


def changes_behaviour(state: object) -> bool:
    """Return whether a state sets attributes that decide what an object is."""
    for part in state if type(state) is tuple and len(state) == 2 else (state,):  # noqa: PLR2004  attributes, slots
        if isinstance(part, PickledObject) and part.args and not part.is_object and _is_mapping(part.maker):
            return True  # its keys are among the arguments
        if isinstance(part, Entries | PickledObject) and any(_decides(key) for key, _ in part.pairs):
            return True
    return False


def _is_mapping(maker: object) -> bool:
    return isinstance(maker, Global) and maker.module in {"collections", "builtins", "__builtin__"}


def _decides(key: object) -> bool:
    """Return whether a key is one of those, or is a text that only running the pickle would tell."""
    return isinstance(key, PickledObject | Payload) or (isinstance(key, str) and key in _DECISIVE)

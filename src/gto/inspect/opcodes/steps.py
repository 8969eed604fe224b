"""Every opcode of pickle protocols 0 to 5, and how a pickle is followed to its STOP."""

from collections.abc import Callable, Mapping
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.literals import I4, LITERALS, U1, U2, U4
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.stack import LoaderStops

STOP: Final = ord(".")
_MOST_STACKED: Final = 1_000_000


def follow(machine: Machine) -> object:
    """Return what the pickle at the machine's stream holds; the stream stands behind its STOP then."""
    stream, literals, steps = machine.stream, LITERALS, STEPS
    byte = stream.byte
    try:
        while (code := byte()) != STOP:
            literal = literals.get(code)
            if literal is not None:
                machine.stack.append(literal(stream))
                if len(machine.stack) > _MOST_STACKED:
                    raise UnreadableModel("its stack holds more than a million values")
            elif code in steps:
                steps[code](machine)
            else:
                raise LoaderStops(f"byte {stream.at - 1:,} is no opcode of pickle: 0x{code:02x}")
        if machine.frame_end > stream.at:
            machine.imports.doubt("a frame in it is longer than the pickle: loaders differ in where they go on")
        return machine.take()
    except IndexError as error:
        raise LoaderStops(f"the opcode before byte {stream.at:,} lacks its values") from error


STEPS: Mapping[int, Callable[[Machine], None]] = {
    ord("("): Machine.mark,
    ord("0"): Machine.pop,
    ord("1"): lambda machine: machine.marked().clear(),
    ord("2"): Machine.duplicate,
    ord("p"): lambda machine: machine.remember(machine.line_key()),
    ord("q"): lambda machine: machine.remember(machine.stream.byte()),
    ord("r"): lambda machine: machine.remember(machine.stream.number(U4)),
    0x94: Machine.memoize,
    ord("g"): lambda machine: machine.recall(machine.line_key()),
    ord("h"): lambda machine: machine.recall(machine.stream.byte()),
    ord("j"): lambda machine: machine.recall(machine.stream.number(U4)),
    ord("t"): lambda machine: machine.push(tuple(machine.marked())),
    0x85: lambda machine: machine.pack(1),
    0x86: lambda machine: machine.pack(2),
    0x87: lambda machine: machine.pack(3),
    ord("l"): lambda machine: machine.push(machine.marked()),
    0x91: lambda machine: machine.push(machine.marked()),
    ord("a"): Machine.append,
    ord("e"): lambda machine: machine.extend(machine.marked()),
    0x90: lambda machine: machine.extend(machine.marked()),
    ord("d"): Machine.dictionary,
    ord("s"): Machine.set_item,
    ord("u"): lambda machine: machine.set_items(machine.marked()),
    ord("c"): lambda machine: machine.push(machine.line_global()),
    0x93: Machine.stack_global,
    0x82: lambda machine: machine.extension(machine.stream.number(U1)),
    0x83: lambda machine: machine.extension(machine.stream.number(U2)),
    0x84: lambda machine: machine.extension(machine.stream.number(I4)),
    ord("R"): Machine.reduce,
    0x81: Machine.new_object,
    0x92: Machine.new_object_with_names,
    ord("o"): Machine.marked_object,
    ord("i"): Machine.instance,
    ord("b"): Machine.build,
    ord("P"): lambda machine: machine.persistent(machine.stream.line().decode(errors="replace")),
    ord("Q"): lambda machine: machine.persistent(machine.take()),
    0x95: Machine.frame,
    0x80: Machine.set_protocol,
    0x97: Machine.buffer,
    0x98: lambda _: None,
}

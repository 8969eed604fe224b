"""pickle, joblib and cloudpickle: the same opcodes; joblib puts arrays between them, and packs the whole."""

from gto.inspect.bounded import short
from gto.inspect.estimator import EstimatorPart, describe
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.formats._pickled_booster import describe_booster
from gto.inspect.model_file import ModelFile, UnreadableModel, file_of_bytes
from gto.inspect.object_graph import ObjectGraph, attributes
from gto.inspect.opcodes.joblib_arrays import JoblibArrays
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.pickle_imports import ARRAY_WRAPPER, Imports
from gto.inspect.opcodes.records import Global, PickledObject
from gto.inspect.opcodes.stack import LoaderStops
from gto.inspect.opcodes.steps import follow
from gto.inspect.opcodes.stream import ByteStream, EndsEarly, FileStream
from gto.inspect.opcodes.unpacking import UnpackedStream, first_unpacked, packed_with

_PROTO = 0x80
_NEWEST_PROTOCOL = 5
_SURE = 64  # bytes that make sense as opcodes: no text does by chance
_MOST_PICKLES = 100
_CLOUDPICKLE = "cloudpickle"
_FUNCTIONS = {"_make_function", "_make_skel_func", "_fill_function"}


def can_read(head: bytes) -> bool:
    """Return whether a file, or what it unpacks to, begins as pickles do."""
    packing = packed_with(head)
    if packing:
        unpacked = first_unpacked(head, packing)
        if not unpacked and packing == "bz2":  # its blocks are unpacked whole, and may be longer than the head
            return True
        head = unpacked
    if head[:1] == bytes([_PROTO]):
        return head[1:2] <= bytes([_NEWEST_PROTOCOL]) and len(head) > 1
    stream = FileStream(file_of_bytes("", head))
    try:
        follow(Machine(stream, Imports()))
    except EndsEarly:
        return stream.at >= _SURE
    except UnreadableModel:
        return False
    return True


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in what loading would import, and what the object graph says of the model."""
    packing = packed_with(file.head(16))
    facts.format, facts.loader = ("joblib", "joblib.load") if packing else ("pickle", "pickle.load")
    if packing:
        facts.details["compression"] = packing
    imports = Imports()
    with imports.telling(facts):
        root = _read_both(file, packing, imports, facts)
    describe_root(root, facts)
    if isinstance(root, PickledObject):
        describe_booster(root, None if packing else file, facts)


def doubt_other_reading(file: ModelFile, facts: ModelFacts) -> None:
    """Take back the verdict on a file of another format that pickle.load reads as far as an import, or to an end."""
    imports = Imports()
    try:
        follow(Machine(FileStream(file), imports, lookup=_stop))
    except (UnreadableModel, MemoryError):
        if not imports.names:
            return
    imports.doubt("the file is also a pickle")
    others = ModelFacts()
    with imports.telling(others):
        facts.code_on_load = CodeOnLoad.UNKNOWN
    facts.imports += others.imports
    facts.unlisted += others.unlisted
    facts.notes += others.notes


def _stop(_key: object) -> object:
    raise LoaderStops("pickle.load looks nothing up outside of a pickle")


def describe_root(root: object, facts: ModelFacts) -> None:
    """Fill in what the outermost object of a pickle says of the model."""
    found = ObjectGraph().value(root)
    match found:
        case EstimatorPart():
            describe(found, facts)
        case dict():
            describe(EstimatorPart("builtins.dict", found), facts)
        case None:
            facts.class_name = "builtins.NoneType"
        case list() | tuple() | int() | float() | str():
            facts.class_name = f"builtins.{type(found).__name__}"
        case _:
            pass
    if isinstance(root, PickledObject) and isinstance(root.maker, Global) and _is_of_cloudpickle(root.maker):
        facts.class_name = ""
        _describe_function(root, facts)


def _is_of_cloudpickle(name: Global) -> bool:
    return name.module.partition(".")[0] == _CLOUDPICKLE


def _describe_function(root: PickledObject, facts: ModelFacts) -> None:
    if isinstance(root.maker, Global) and root.maker.name in _FUNCTIONS:
        facts.class_name = "builtins.function"
        told = attributes(root)
        names = [told.get(key) for key in ("__module__", "__qualname__")]
        facts.details["function"] = ".".join(short(one) for one in names if isinstance(one, str))


def _read_both(file: ModelFile, packing: str, imports: Imports, facts: ModelFacts) -> object:
    """Read as joblib does, and where joblib's arrays are named also as pickle does: the imports are those of both."""
    arrays = JoblibArrays(imports)
    machine = Machine(_stream(file, packing), imports, arrays)
    try:
        root = follow(machine)
    except UnreadableModel:
        begun = machine.unfinished()
        if isinstance(begun, PickledObject):
            describe_root(begun, facts)
        raise
    finally:
        if ARRAY_WRAPPER in imports.names:
            facts.format, facts.loader = "joblib", "joblib.load"
            _read_plain(_stream(file, packing), imports)
        elif any(map(_is_of_cloudpickle, imports.names)):
            facts.format = _CLOUDPICKLE
        facts.details["protocol"] = machine.protocol
    if machine.wrappers:
        imports.doubt("it has joblib's array wrapper where joblib does not put it")
    _read_rest(machine.stream, imports, facts)
    return root


def _read_plain(stream: ByteStream, imports: Imports) -> None:
    """Read as pickle does, which takes the bytes of arrays for opcodes: it stops at the first one, or the file lies."""
    try:
        follow(Machine(stream, imports))
    except (LoaderStops, EndsEarly):
        return
    except UnreadableModel as error:
        imports.doubt(f"read as plain pickle, {error}")
        return
    imports.doubt("pickle.load and joblib.load read different opcodes in it")


def _read_rest(stream: ByteStream, imports: Imports, facts: ModelFacts) -> None:
    """Note what follows the pickle: loaders leave it, and who calls them again loads it."""
    end = stream.at
    for count in range(_MOST_PICKLES):
        try:
            if stream.is_at_end():
                if count:
                    facts.notes.append(f"{count} more pickles follow the first, which ends at byte {end:,}")
                return
            follow(Machine(stream, imports))
        except UnreadableModel:
            break
    facts.notes.append(f"bytes that are no pickle follow the pickle, which ends at byte {end:,}")


def _stream(file: ModelFile, packing: str) -> ByteStream:
    return UnpackedStream(file, packing) if packing else FileStream(file)

"""The configuration of a Keras model: layers, inputs, outputs, and the classes that loading would look up."""

from collections.abc import Iterator, Mapping
from typing import Any

from gto.inspect.bounded import MOST, names, number, short, simple
from gto.inspect.datatypes import OF_NUMPY
from gto.inspect.facts import CodeOnLoad, Json, Method, ModelFacts, Schema, Step, Tensor
from gto.inspect.json_parts import mapping_at
from gto.inspect.model_file import UnreadableModel

_DATATYPES = {**OF_NUMPY, "string": "BYTES", "mixed_float16": "FP16", "mixed_bfloat16": "BF16"}
# Of these, loading builds objects of Keras by their classes' names, which begin with a capital.
_MODULES = frozenset(
    f"keras{rest}"
    for rest in (
        "", ".layers", ".initializers", ".regularizers", ".constraints", ".optimizers", ".optimizers.schedules",
        ".losses", ".metrics", ".models", ".quantizers", ".dtype_policies", ".random", ".src.models.functional",
        ".src.models.sequential", ".src.models.model",
    )
)  # fmt: skip
_OWN = ("keras.src.backend.", "keras.src.ops.")  # optimizers, and operations between layers
_FUNCTIONS = frozenset({"builtins", "keras.activations", "keras.losses", "keras.metrics"})
_NO_CLASS = "__keras_tensor__"
_REFUSED = frozenset({"Lambda", "__lambda__"})
_RUNS_CODE = frozenset({"TorchModuleWrapper", "FlaxLayer", "JaxLayer", "TFSMLayer"})
_NO_PARAMS = frozenset({"name", "trainable", "dtype"})
_MOST_PARAMS = 16
_MOST_PARTS = 1_000_000


def fill_in(model: Mapping[str, Any], facts: ModelFacts) -> None:
    """Fill in class, layers, methods and verdict; the verdict is `none` where all classes are of Keras itself."""
    facts.class_name = _class_name(model)
    config = mapping_at(model, "config")
    facts.steps = _steps(config)
    facts.methods["predict"] = Method(_inputs(model, config), _outputs(config))
    facts.code_on_load = CodeOnLoad.NONE
    looked_up: dict[str, None] = {}
    for part in _parts(model):
        _judge(part, looked_up, facts)
    facts.imports = sorted(looked_up)


def _class_name(part: Mapping[str, Any]) -> str:
    return short(".".join(str(one) for one in (part.get("module"), part.get("class_name")) if one))


def _parts(model: object) -> Iterator[Mapping[str, Any]]:
    """Yield all objects of a configuration, of any depth."""
    left = [model]
    for _ in range(_MOST_PARTS):
        if not left:
            return
        part = left.pop()
        if isinstance(part, dict):
            yield part
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    raise UnreadableModel(f"its configuration has more than {_MOST_PARTS:,} parts")


def _judge(part: Mapping[str, Any], looked_up: dict[str, None], facts: ModelFacts) -> None:
    """Note what loading would look up or run for one object of the configuration."""
    class_name, module = part.get("class_name"), part.get("module")
    if not isinstance(class_name, str) or class_name == _NO_CLASS:
        return
    registered = part.get("registered_name")
    name = short(str(part.get("config")) if class_name == "function" else class_name)
    if class_name in _REFUSED:
        _note(facts, "it has a Lambda, which is Python code: Keras refuses it unless safe_mode=False")
    elif class_name in _RUNS_CODE or isinstance(mapping_at(part, "config").get("vocabulary"), str):
        _refuse(facts, name, f"loading {name} reads what the file names, or runs it")
    full = f"{module}.{name}" if isinstance(module, str) else short(registered) if registered else name
    if len(looked_up) < MOST:
        looked_up[full] = None
    if not _is_of_keras(class_name, module, registered):
        _refuse(facts, full, "it needs classes or functions that are not of Keras: see `unlisted`")


def _is_of_keras(class_name: str, module: object, registered: object) -> bool:
    if isinstance(registered, str) and ">" in registered:
        return False
    if class_name == "function":
        return module in _FUNCTIONS
    if module is None:  # of Keras 2, and of the parts of a legacy file: looked up among Keras' own
        return class_name in _REFUSED or class_name.isidentifier()
    known = isinstance(module, str) and (module in _MODULES or module.startswith(_OWN))
    return class_name in _REFUSED or (known and class_name[:1].isupper())


def _refuse(facts: ModelFacts, name: str, note: str) -> None:
    facts.code_on_load = CodeOnLoad.UNKNOWN
    if name not in facts.unlisted and len(facts.unlisted) < MOST:
        facts.unlisted = sorted([*facts.unlisted, name])
    _note(facts, note)


def _note(facts: ModelFacts, note: str) -> None:
    if note not in facts.notes and len(facts.notes) < _MOST_PARAMS:
        facts.notes.append(note)


def _steps(config: Mapping[str, Any]) -> list[Step]:
    """Return the layers, those of models within models too, in their order."""
    steps: list[Step] = []
    left = [("", layer) for layer in reversed(_layers(config))]
    while left and len(steps) < MOST:
        above, layer = left.pop()
        inner = mapping_at(layer, "config")
        name = short(above + str(inner.get("name", layer.get("name", ""))))
        steps.append(Step(name, _class_name(layer), _params(inner)))
        left.extend((f"{name}__", one) for one in reversed(_layers(inner)))
    return steps


def _params(config: Mapping[str, Any]) -> dict[str, Json]:
    plain = {
        short(key): simple(value)
        for key, value in config.items()
        if key not in _NO_PARAMS and isinstance(value, bool | int | float | str)
    }
    sizes = {
        short(key): names(value, 8)
        if any(isinstance(one, str) for one in value)
        else [simple(one) for one in value[:8]]
        for key, value in config.items()
        if isinstance(value, list) and key in {"kernel_size", "strides", "pool_size", "axis", "target_shape"}
    }
    return dict(list({**plain, **sizes}.items())[:_MOST_PARAMS])


def _inputs(model: Mapping[str, Any], config: Mapping[str, Any]) -> Schema | None:
    """Return the input layers as tensors; without one, the shape that the model was built with."""
    layers = [one for one in _layers(config) if one.get("class_name") == "InputLayer"]
    tensors = [
        Tensor(
            short(inner.get("name", "input")),
            _datatype(inner.get("dtype")),
            _shape(inner.get("batch_shape", inner.get("batch_input_shape"))),
        )
        for inner in (mapping_at(layer, "config") for layer in layers[:MOST])
    ]
    built = config.get("build_input_shape") or mapping_at(model, "build_config").get("input_shape")
    if not tensors and isinstance(built, list):
        tensors = [Tensor("input", "FP32", _shape(built))]
    return Schema(tuple(tensors), "np") if tensors else None


def _outputs(config: Mapping[str, Any]) -> Schema | None:
    """Return the outputs where dense layers make them: of others the file does not say the shape."""
    layers = _layers(config)
    wanted = _output_names(config.get("output_layers"))
    ends = [one for one in layers if mapping_at(one, "config").get("name") in wanted] if wanted else layers[-1:]
    tensors = []
    for layer in ends:
        inner, built = mapping_at(layer, "config"), mapping_at(layer, "build_config").get("input_shape")
        units = inner.get("units")
        if layer.get("class_name") != "Dense" or not isinstance(units, int) or not isinstance(built, list):
            return None
        shape = (*_shape(built)[:-1], number(units))
        tensors.append(Tensor(short(inner.get("name", "output")), _datatype(inner.get("dtype")), shape))
    return Schema(tuple(tensors), "np") if tensors else None


def _output_names(found: object) -> list[str]:
    """Return the names in `["dense", 0, 0]`, in a list of such, or in an object of such."""
    if isinstance(found, list) and found and isinstance(found[0], str):
        return [found[0]]
    each = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return [one[0] for one in each if isinstance(one, list) and one and isinstance(one[0], str)]


def _shape(found: object) -> tuple[int, ...]:
    axes = found if isinstance(found, list) else []
    return tuple(number(one) if isinstance(one, int) and not isinstance(one, bool) else -1 for one in axes[:64])


def _datatype(found: object) -> str:
    """Return the datatype of a name, or of a policy."""
    name = mapping_at(found, "config").get("name") if isinstance(found, dict) else found
    return _DATATYPES.get(str(name), short(name) if isinstance(name, str) else "FP32")


def _layers(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = config.get("layers")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

"""A version that answers: its live model, what its schema takes, and the version's name in each answer."""

from __future__ import annotations

from contextlib import contextmanager
from string import ascii_letters, digits, punctuation
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from gto.exceptions import GTOException, ModelFailed, NotFound, UsageError
from gto.models.known_methods import may_be_called
from gto.serve.runtime.infer_request import read_json, read_request
from gto.serve.runtime.method_calls import callable_methods, usual_methods
from gto.serve.runtime.method_inputs import MethodInputs, inputs_of
from gto.serve.runtime.method_outputs import encode, rows_of, tensors_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gto.inspect.facts import Method, ModelFacts, Schema
    from gto.serve.runtime.infer_request import InferRequest
    from gto.serve.runtime.method_outputs import OutputTensor

_IN_HEADERS = (ascii_letters + digits + punctuation).replace("%", "")


class Served(NamedTuple):
    """Which version answers."""

    name: str
    """Under which the model is asked for: the artifact's."""
    version: str
    """`v1.2.0`; a commit where none is registered on it, and the file's name where there is no registry."""
    selector: str
    """What the version was named by: `churn#prod`."""

    def __str__(self) -> str:
        """Return it in words: `churn@v1.2.0`."""
        return f"{self.name}@{self.version}"

    @property
    def header(self) -> str:
        """It as the header of answers has it: a file may be called what no header can hold."""
        return quote(str(self), safe=_IN_HEADERS)


class Answer(NamedTuple):
    """The body of an answer."""

    body: bytes
    json_length: int | None = None
    """How many bytes of the body are JSON, where tensors' bytes follow."""


class ModelQuestion(NamedTuple):
    """One request, checked: calling it asks the model."""

    method: ServedMethod
    data: Any
    """What the model takes."""
    request: InferRequest | None = None
    """None for one of rows."""


class ServedMethod(NamedTuple):
    """A method that can be asked for."""

    name: str
    call: Callable[[Any], Any]
    inputs: MethodInputs
    schemas: Method | None = None
    """None where nothing says what it takes and gives."""

    @property
    def output_schema(self) -> Schema | None:
        """What it gives, where that is known."""
        return self.schemas.outputs if self.schemas is not None else None


class LiveModel:
    """A live model that answers requests; nothing of it changes, so that one in flight ends with what it began."""

    def __init__(self, served: Served, model: Any, facts: ModelFacts) -> None:  # noqa: ANN401  of any library
        """UsageError where the model has no method that can be asked for."""
        self.served = served
        self.facts = facts
        told = {name: one for name, one in facts.methods.items() if one.inputs is not None}
        known = {name: one for name, one in told.items() if may_be_called(name, facts)}
        calls = callable_methods(model, known if told else usual_methods(model))
        self.methods = {
            name: ServedMethod(name, call, inputs_of(known[name].inputs if name in known else None), known.get(name))
            for name, call in calls.items()
        }
        if not self.methods:
            hint = "save it with gto.save(..., methods=[...], sample_data=...)"
            raise UsageError(f"{served} has no method that could be asked for", hint)
        self.default = next(name for name in ("predict", "__call__", *self.methods) if name in self.methods)
        self._encoded = encode({"model_name": served.name, "model_version": served.version})[:-1]

    @property
    def is_described(self) -> bool:
        """Whether requests are checked: something says what the methods take."""
        return all(one.schemas is not None for one in self.methods.values())

    def read(self, body: bytes, method: str = "", json_length: int | None = None) -> ModelQuestion:
        """Return the question of a request in the Open Inference Protocol.

        MalformedRequest where it is none, NotFound for a method that there is not, WrongData where its inputs are not
        as the schema says.
        """
        request = read_request(body, json_length)
        return self.question_of(request._replace(method=method) if method else request)

    def question_of(self, request: InferRequest) -> ModelQuestion:
        """Return the question of a request that was read already; it raises as read()."""
        chosen = self._method(request.method)
        return ModelQuestion(chosen, chosen.inputs.from_tensors(request.inputs), request)

    def read_rows(self, body: bytes, method: str = "") -> ModelQuestion:
        """Return the question of rows, which are a JSON text, or an object with the key `rows`; it raises as read()."""
        rows = read_json(body)
        if type(rows) is dict and rows.keys() == {"rows"}:
            rows = rows["rows"]
        chosen = self._method(method)
        return ModelQuestion(chosen, chosen.inputs.from_rows(rows))

    def answer(self, question: ModelQuestion) -> Answer:
        """Ask the model, and return what it gives; ModelFailed, whose cause is what the model raises."""
        method, request = question.method, question.request
        with self._failing(method):
            if request is None:
                rows = encode(rows_of(method.call(question.data)))
                return Answer(f'{self._encoded},"method":{encode(method.name)},"rows":{rows}}}'.encode())
            return self._encode(self.outputs(question), request)

    def outputs(self, question: ModelQuestion) -> list[OutputTensor]:
        """Ask the model, and return the tensors that are asked for; it raises as answer()."""
        method, asked = question.method, question.request.outputs if question.request is not None else {}
        with self._failing(method):
            made = tensors_of(method.call(question.data), method.output_schema)
        if not asked:
            return made
        there = {one.name: one for one in made}
        lacking = [name for name in asked if name not in there]
        if lacking:
            raise NotFound(f"{method.name}() has no output '{lacking[0][:100]}'", f"it has {', '.join(there)}")
        return [there[name] for name in asked]

    @contextmanager
    def _failing(self, method: ServedMethod) -> Iterator[None]:
        try:
            yield
        except GTOException:
            raise
        except Exception as error:
            raise ModelFailed(f"{self.served} fails in {method.name}()", "its server's log says why") from error

    def _encode(self, made: list[OutputTensor], request: InferRequest) -> Answer:
        heads, parts = [], []
        for one in made:
            if request.outputs.get(one.name, request.is_binary):
                head, data = one.as_bytes()
                parts.append(data)
            else:
                head = one.as_dict()
            heads.append(head)
        number = f',"id":{encode(request.id)}' if request.id else ""
        body = f'{self._encoded}{number},"outputs":{encode(heads)}}}'.encode()
        return Answer(b"".join((body, *parts)), len(body)) if parts else Answer(body)

    def _method(self, name: str) -> ServedMethod:
        found = self.methods.get(name or self.default)
        if found is None:
            raise NotFound(f"{self.served} has no method '{name[:100]}'", f"it has {', '.join(self.methods)}")
        return found

    def metadata(self) -> Mapping[str, Any]:
        """Return what the protocol says of a model: the tensors of the first method, and beside it those of each."""
        first = self.methods[self.default]
        return {
            "name": self.served.name,
            "versions": [self.served.version],
            "platform": self.facts.framework or self.facts.format,
            "inputs": described(first.schemas.inputs if first.schemas else None),
            "outputs": described(first.output_schema),
            "parameters": {
                "selector": self.served.selector,
                "method": first.name,
                "methods": {
                    name: {
                        "inputs": described(one.schemas.inputs if one.schemas else None),
                        "outputs": described(one.output_schema),
                    }
                    for name, one in self.methods.items()
                },
            },
        }


def described(schema: Schema | None) -> list[dict[str, Any]]:
    """Return the tensors of a schema as the protocol's metadata have them; empty where nothing is known."""
    if schema is None:
        return []
    if schema.json_schema is not None:
        return [{"name": "input", "datatype": "BYTES", "shape": [1], "parameters": {"content_type": "json"}}]
    found = []
    for one in schema.tensors:
        parameters = {"content_type": schema.content_type} if schema.content_type else {}
        parameters |= {"kind": one.kind} if one.kind else {}
        head: dict[str, Any] = {"name": one.name, "datatype": one.datatype, "shape": list(one.shape or (1,))}
        found.append(head | {"parameters": parameters} if parameters else head)
    return found

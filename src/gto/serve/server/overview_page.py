"""The page that a browser gets: what is served, what each model takes and gives, and a request to start from."""

from __future__ import annotations

import json
import shlex
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gto.inspect.schema_formats import rows_schema

if TYPE_CHECKING:
    from gto.inspect.facts import Schema
    from gto.serve.runtime.served_model import LiveModel, ServedMethod
    from gto.serve.server.model_repository import ModelRepository

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""The page loads nothing and runs nothing."""

_MOST_COLUMNS = 200
_MOST_ITEMS = 100
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 54rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 3rem } h3 { font-size: 1rem; margin-bottom: .4rem }
small { font-weight: normal; opacity: .7 } code, pre { font: .9rem/1.5 ui-monospace, monospace }
pre { padding: .8rem 1rem; border: 1px solid #8884; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 0 2rem; align-items: start }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid #8884; overflow-wrap: anywhere }
"""


def overview(repository: ModelRepository, address: str) -> str:
    """Return the page; `address` is by what the server was called: `http://localhost:8080`."""
    models = "".join(_model(one, address, place) for place, one in enumerate(repository.models))
    links = " · ".join(f'<a href="{one}">{one}</a>' for one in ("openapi.json", "metrics", "v2/health/ready"))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>gto serve</title><style>{_STYLE}</style></head>
<body><h1>What is served here</h1><p>{links}</p>{models or "<p>No model is loaded.</p>"}</body></html>
"""


def _model(model: LiveModel, address: str, place: int) -> str:
    served, method = model.served, model.methods[model.default]
    schemas = method.schemas
    path = f"/models/{quote(served.name)}/versions/{quote(served.version, safe='')}/predict"
    others = [f"<code>?method={escape(one)}</code>" for one in model.methods if one != model.default]
    also = f"<p>Other methods: {', '.join(others)}</p>" if others else ""
    sides = _side("Takes", schemas.inputs if schemas else None) + _side("Gives", schemas.outputs if schemas else None)
    return f"""<section aria-labelledby="m{place}">
<h2 id="m{place}">{escape(served.name)} <small>{escape(served.version)}, as {escape(served.selector)}</small></h2>
<div class="two">{sides}</div>{also}
<h3>A request, to fill with your values</h3><pre>{escape(_command(address + path, method))}</pre></section>"""


def _side(title: str, schema: Schema | None) -> str:
    if schema is None or not schema.tensors:
        return f"<div><h3>{title}</h3><p>{'JSON' if schema else 'Nothing says what.'}</p></div>"
    rows = "".join(
        f"<tr><td>{escape(one.name)}<td><code>{escape(one.datatype)}</code>"
        f"<td>{escape(one.kind or ('' if schema.content_type == 'pd' else str(list(one.shape))))}"
        for one in schema.tensors[:_MOST_COLUMNS]
    )
    left = len(schema.tensors) - _MOST_COLUMNS
    more = f"<p>and {left} more</p>" if left > 0 else ""
    return f"<div><h3>{title}</h3><table>{rows}</table>{more}</div>"


def _command(url: str, method: ServedMethod) -> str:
    """Return the call of curl that asks the model with one row."""
    inputs = method.schemas.inputs if method.schemas else None
    rows = example(rows_schema(inputs)) if inputs is not None else []
    return f"curl --silent {shlex.quote(url)} \\\n  --data {shlex.quote(json.dumps({'rows': rows}))}"


def example(schema: Any) -> Any:  # noqa: ANN401  a JSON Schema, and a value
    """Return a value that fits a schema of rows: zeros, and words where text belongs."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    match kind[0] if isinstance(kind, list) and kind else kind:
        case "object":
            return {name: example(one) for name, one in (schema.get("properties") or {}).items()}
        case "array":
            return [example(schema.get("items"))] * max(1, min(schema.get("minItems") or 1, _MOST_ITEMS))
        case "boolean":
            return False
        case "integer" | "number":
            return max(0, schema.get("minimum") or 0)
        case "string":
            return "text"
        case _:
            return None

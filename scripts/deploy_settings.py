"""The tables of settings in the pages on deploying, made from what each kind of target declares.

A page has `<!-- settings of KIND: written by scripts/reference.py -->` and `<!-- end of settings of KIND -->`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gto.serve.deploy.kinds import MODULES, find_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gto.serve.deploy.settings import Setting


def start(kind: str) -> str:
    """Return the name of a table's markers."""
    return f"settings of {kind}"


def kinds_of(page: str) -> list[str]:
    """Return the kinds of which a page has a table."""
    return [kind for kind in MODULES if f"<!-- {start(kind)}: written by" in page]


def table(kind: str) -> Iterator[str]:
    """Yield the lines of a kind's table."""
    yield "| setting | default | what it is |\n| --- | --- | --- |\n"
    yield from _rows(find_kind(kind).values, "")


def _rows(values: Mapping[str, Setting], above: str) -> Iterator[str]:
    for name, one in values.items():
        limits = [f"at least {one.least:g}"] if one.least is not None else []
        limits += [f"at most {one.most:g}"] if one.most is not None else []
        limits += [f"one of {', '.join(f'`{choice}`' for choice in one.choices)}"] if one.choices else []
        about = "; ".join([one.help, *limits]).replace("|", "\\|")
        yield f"| `{above}{name}` | {_default(one)} | {about} |\n"
        yield from _rows(one.fields, f"{above}{name}{'[]' if one.type == 'groups' else ''}.")


def _default(one: Setting) -> str:
    if one.required:
        return "must be given"
    return "" if one.default is None else f"`{json.dumps(one.default)}`"

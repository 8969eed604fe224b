"""The licence that an annotation declares, as CycloneDX writes it."""

import re

from gto.ci.export.component import Component

# Those of the SPDX list that models and data are usually under; any other licence is told by its name.
_KNOWN = frozenset({
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0",
    "CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "ECL-2.0", "EPL-2.0",
    "EUPL-1.2", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "ODbL-1.0", "ODC-By-1.0",
    "PDDL-1.0", "Unlicense", "Zlib",
})  # fmt: skip
_WORD = r"[A-Za-z0-9.+:-]+"
_EXPRESSION_RE = re.compile(rf"{_WORD}(?: (?:AND|OR|WITH) {_WORD})+")


def licences(said: object) -> Component:
    """Return the field `licenses` for a text or a list of texts; nothing where none is declared."""
    texts = [one.strip() for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)]
    named = [text for text in texts if text]
    if len(named) == 1 and _EXPRESSION_RE.fullmatch(named[0]):
        return {"licenses": [{"expression": named[0], "acknowledgement": "declared"}]}
    found = {tuple(known.values()): known for known in map(_licence, named)}
    return {"licenses": [{"license": one | {"acknowledgement": "declared"}} for one in found.values()]} if found else {}


def _licence(text: str) -> dict[str, str]:
    known = next((one for one in sorted(_KNOWN) if one.lower() == text.lower()), None)
    return {"id": known} if known else {"name": text}

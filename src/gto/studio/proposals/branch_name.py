"""The names of branches that hold a proposal: the same for the same one, so that it is made but once."""

import json
import re

from gto.fs.cache_dir import digest

DERIVED = "gto/"
"""What these names begin with."""
_REST_RE = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST, _DIGITS = 40, 7


def derive(word: str, name: str, *said: object) -> str:
    """Return a name such as `gto/annotate-churn-1a2b3c4`: what is done, to which artifact, and a digest of it all."""
    mark = digest(json.dumps([word, name, *said], ensure_ascii=True).encode())[:_DIGITS]
    return f"{DERIVED}{word}-{_REST_RE.sub('-', name)[:_LONGEST].strip('-')}-{mark}"

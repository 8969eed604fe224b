"""A tag object's text, cut into what was signed, the signature, and what stands behind that."""

import re
from enum import Enum
from typing import NamedTuple


class Form(Enum):
    """Who made a signature: the word between `BEGIN` and the dashes."""

    SSH = "SSH SIGNATURE"
    OPENPGP = "PGP SIGNATURE"
    OPENPGP_MESSAGE = "PGP MESSAGE"
    X509 = "SIGNED MESSAGE"


class Signed(NamedTuple):
    """The parts of a tag object's text; without a signature all of it is payload."""

    payload: bytes
    """What the signature speaks for."""
    form: Form | None = None
    signature: bytes = b""
    """From the line that begins it to the end of the line that ends it; to the end of the text where none does."""
    trailing: bytes = b""
    """What stands behind it, which nobody signed."""
    is_closed: bool = True
    """Whether a line ends the signature; without one, who knows what of the text is one."""


_BEGIN = rb"(?m)^-----BEGIN (SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----"
# Git signs an object without the signatures that a header may hold, and leaves them out when it verifies one.
_HEADER = rb"(?m)^gpgsig(?:-sha256)? [^\n]*\n?(?: [^\n]*(?:\n|\Z))*"


def begin(text: bytes) -> int:
    """Return where the signature begins: with the last line that starts as one does; behind the text without one."""
    place = len(text)
    for match in re.finditer(_BEGIN, text):
        place = match.start()
    return place


def cut(body: bytes) -> Signed:
    """Cut a tag object's text as git does."""
    place = begin(body)
    match = re.match(_BEGIN, body[place:])
    if match is None:
        return Signed(body)
    form = Form(match[1].decode())
    head, blank, message = body[:place].partition(b"\n\n")
    payload = re.sub(_HEADER, b"", head + b"\n").removesuffix(b"\n") + blank + message
    rest = body[place:]
    end = re.search(rb"(?m)^-----END %s-----[ \t\r]*(?:\n|\Z)" % match[1], rest)
    stop = end.end() if end is not None else len(rest)
    return Signed(payload, form, rest[:stop], rest[stop:], end is not None)

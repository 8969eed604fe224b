"""The program that draws charts in a page: Vega, Vega-Lite and Vega-Embed in one text, made once and kept."""

import os
from contextlib import suppress
from hashlib import sha256

from gto.exceptions import ExtraMissing, GTOException
from gto.fs import atomic_write, cache_dir

_VEGA_LITE = "6.4"
_PACKAGE = "vl-convert-python"
NOTICE = """\
This page holds Vega, Vega-Lite, Vega-Embed, Vega-Tooltip, Vega-Themes and Vega-Interpreter (Copyright University of
Washington Interactive Data Lab, BSD 3-Clause License), D3 modules (Copyright Mike Bostock, ISC License) and small
libraries under the MIT and ISC Licenses, as the Python package vl-convert-python bundles them.
The texts of these licenses: https://github.com/vega/vega/blob/main/LICENSE, https://github.com/d3/d3/blob/main/LICENSE
"""


def load_bundle() -> str:
    """Return the program; it defines `vegaEmbed`. Making it takes some seconds, so that it is kept for the next time.

    ExtraMissing is raised where the package that makes it is not installed.
    """
    place = _place()
    kept = _read(place)
    if kept is not None:
        return kept
    made = _make()
    if os.environ.get("GTO_CACHE", "true").lower() not in {"0", "false", "f", "no", "n", "off"}:
        with suppress(OSError):  # a cache that cannot be written costs time, nothing else
            atomic_write.replace(place, f"// {_digest(made)}\n{made}".encode())
    return made


def load_bundle_apart() -> str:
    """Return the program as load_bundle() does, made by a process of its own: here, 125 MB would stay behind."""
    kept = _read(_place())
    if kept is not None:
        return kept
    import subprocess
    import sys

    command = [sys.executable, "-P", "-c", _APART]  # without -P modules of the working directory would come first
    try:
        made = subprocess.run(  # noqa: S603  it is this Python, and no word of others
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
        )
    except subprocess.SubprocessError as error:
        raise GTOException(f"The program that draws plots cannot be made: {error}") from error
    return made.stdout.decode()


_SECONDS = 120.0
_APART = "import sys; from gto.plots import vega_bundle as made; sys.stdout.buffer.write(made.load_bundle().encode())"


def _place() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return os.path.join(cache_dir.home(), f"vega-{_VEGA_LITE}-{version(_PACKAGE)}.js")
    except PackageNotFoundError:
        raise ExtraMissing("To draw plots", _PACKAGE, "plots") from None


def _make() -> str:
    import vl_convert

    made = vl_convert.javascript_bundle(vl_version=_VEGA_LITE)  # type: ignore[call-arg]  # its stub asks for a snippet
    # In a function: the page sees only what it gives to `window`. Carriage returns would not outlast HTML.
    return f"(function(){{{made}}})();".replace("\r", "").replace("</script", "<\\/script")


def _read(place: str) -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        head, _, text = (atomic_write.read(place) or b"").decode().partition("\n")
        return text if head == f"// {_digest(text)}" else None
    return None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()

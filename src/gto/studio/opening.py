"""The browser is led to a Studio's address, which holds a key, without it in a command line that others can read."""

import html
import os
import tempfile
import webbrowser
from threading import Event
from urllib.parse import urlunsplit

_FILE = "open.html"


def open_browser(address: str, is_used: Event, *, in_file: bool) -> None:
    """Open the browser at an address.

    With `in_file` it is given a file that only this user may read, which leads on to the address, and goes once that
    was used.
    """
    if not in_file:  # a browser in a sandbox of its own (snap, Flatpak) reads no file of ours
        webbrowser.open(address)
        return
    from urllib.request import pathname2url  # only here

    with tempfile.TemporaryDirectory(prefix="gto-studio-", ignore_cleanup_errors=True) as home:
        path = os.path.join(home, _FILE)
        with open(path, "x", encoding="utf-8", opener=_open_own) as file:
            file.write(leading_page(address))
        webbrowser.open(urlunsplit(("file", "", pathname2url(path), "", "")))
        is_used.wait()


def leading_page(address: str) -> str:
    """Return a page that leads on to an address at once."""
    where = html.escape(address)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={where}"><title>GTO Studio</title>'
        f'<p><a href="{where}">Open Studio</a></p></html>\n'
    )


def _open_own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

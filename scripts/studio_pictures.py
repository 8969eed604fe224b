"""The pictures of docs/studio: Studio on the sample catalogue, at a moment that never changes, in Debian's chromium.

`python -m scripts.studio_pictures` writes docs/assets/studio/*.png; pictures of pages that do not answer are left out.
"""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from playwright.sync_api import sync_playwright
from starlette.middleware import Middleware

from gto.catalog import file as catalog_file
from gto.catalog.parallel import Way
from gto.studio.app import make_app
from gto.studio.context import StudioContext, StudioSettings
from gto.studio.guard import Guard
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.login import Sessions
from gto.studio.sync.worker import Worker
from scripts import sample, sample_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = Path(__file__).resolve().parent.parent / "docs" / "assets" / "studio"
SCRATCH = Path("/tmp/registries")  # noqa: S108  pages show where repositories are: the same on every machine
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1440, 900

PICTURES = {
    "models": "/models",
    "model": "/m/demand/forecast",
    "history": "/history",
    "repositories": "/repos",
    "repository": "/r/demand",
    "api": "/api",
    "compare": "/m/demand/forecast/-/compare?v=v0.3.0&v=v1.0.0&v=v1.1.0",
    "experiments": "/r/demand/experiments",
    "reviews": "/reviews",
    "register": "/m/demand/forecast/-/register",
}
"""Names of pictures, and the pages that they show."""

_PATIENCE = 60


@contextmanager
def studio(directory: Path) -> Iterator[str]:
    """A Studio on the sample catalogue, as an address that opens it."""
    directory.mkdir()
    env = sample.environment(str(Path(sys.executable).parent))
    gto = [str(Path(sys.executable).parent / "gto")]
    sample.build(directory / sample.NAME, gto, env)
    catalog = sample_catalog.build(directory / sample_catalog.NAME, directory / sample.NAME, gto, env)
    found, way, sessions = catalog_file.find_all(str(catalog)), Way(_PATIENCE), Sessions()
    database = SqliteDatabase(str(directory / "index.db"))
    worker = Worker(database, found.places, way)
    context = StudioContext(database, worker, sessions, way, StudioSettings(now=sample_catalog.NOW), str(catalog))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        app = make_app(context, [Middleware(Guard, sessions=sessions, hosts=frozenset({host}))])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        worker.start()
        worker.wait(worker.ask(), _PATIENCE)
        thread.start()
        try:
            yield f"http://{host}/models?token={sessions.new_token()}"
        finally:
            server.should_exit = True
            thread.join()
            worker.close()
            worker.join(_PATIENCE)
            database.close()


def main() -> None:
    """Write the pictures."""
    PLACE.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    with studio(SCRATCH) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce"
        )
        tab.goto(address)
        for name, path in PICTURES.items():
            answer = tab.goto(address.partition("/models")[0] + path)
            if answer is not None and answer.ok:
                tab.screenshot(path=PLACE / f"{name}.png")
            else:
                print(f"{path} does not answer", file=sys.stderr)
        browser.close()
    shutil.rmtree(SCRATCH)


if __name__ == "__main__":
    main()

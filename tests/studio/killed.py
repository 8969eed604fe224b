"""A script: syncs an index again and again, and kills itself at some moment of each; tags come while it does."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from gto.catalog.entry import CatalogEntry
from gto.catalog.parallel import Way, open_place
from gto.catalog.repositories import CatalogRepository
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.sync.repository import sync_rest, sync_tags
from gto.studio.sync.repository_row import enter


def main(repo: str, index: str, kills: int) -> None:
    """Kill so many."""
    place = CatalogRepository("team", repo, CatalogEntry("path", repo))
    chance = random.Random(kills)  # noqa: S311  no secret
    start = time.monotonic()
    read(place, f"{index}.whole")
    longest = time.monotonic() - start
    for number in range(kills):
        child = os.fork()
        if not child:
            read(place, index)
            os._exit(0)
        time.sleep(chance.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for name in (f"churn@v1.{number}.0", f"churn#prod#{number + 100}"):
            subprocess.run(["git", "-C", repo, "tag", "--annotate", "--message=more", name, "HEAD"], check=True)
        if number % 3 == 2:
            subprocess.run(["git", "-C", repo, "tag", "--delete", f"churn@v1.{number - 1}.0"], check=True, stdout=-3)
        if number % 5 == 4:
            Path(index).unlink(missing_ok=True)


def read(place: CatalogRepository, index: str) -> None:
    """Open an index and bring it up to date."""
    database = SqliteDatabase(index)
    enter(database, [place])
    registry = open_place(place, Way())
    sync_tags(database, place.name, registry)
    sync_rest(database, place.name, registry, lambda *_: None, again=True)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

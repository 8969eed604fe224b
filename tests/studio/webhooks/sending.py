"""A script: delivers what is due in a database until it is killed, as a worker's process does."""

from __future__ import annotations

import sys
import time

from sqlalchemy import make_url

from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.team.passwords import Passwords
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.serve_options import TeamSettings
from gto.studio.team.team import Team
from gto.studio.webhooks.deliverer import Deliverer, SendPlan


def main(url: str, secret: str, lease: float) -> None:
    """Deliver."""
    database = PostgresqlDatabase(make_url(url)) if "://" in url else SqliteDatabase(url, is_lasting=True)
    settings = TeamSettings("https://studio.test", allow_private_webhooks=True)
    team = Team(database, settings, SecretsBox([secret]), Passwords())
    Deliverer(team, SendPlan(look=0.01, lease=lease, longest=5.0)).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

"""People at work in a team's Studio: what its pages have to show when it is a year old."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import insert

from gto.studio.live import live_store
from gto.studio.live.live_post import read_post
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.team import accounts, audit, device_logins, invitations, sessions, tokens, write_settings
from gto.studio.team.audit import RequestOrigin
from gto.studio.team.device_logins import DeviceWish
from gto.studio.team.invitations import Invited
from gto.studio.team.serve_options import SessionLimits
from gto.studio.team.team_tables import saved_view, watched
from gto.studio.team.tokens import NewToken
from gto.studio.visitor import EVERY, Role
from gto.studio.webhooks import hook_secrets, targets
from gto.studio.webhooks.targets import TargetFilter, TargetWish
from gto.studio.webhooks.webhook_tables import attempt, outbox, received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from gto.studio.team.team import Team
    from gto.studio.visitor import Visitor

DAY = 86400.0
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""An image."""
LONG = "wilhelmina.von-hohenberg-lichtenstein"
PEOPLE: Mapping[str, tuple[str, Mapping[str, Role]]] = {
    "ada": ("Ada Lovelace", {EVERY: Role.ADMIN}),
    "mary": ("Mary Jackson", {"risk": Role.MAINTAINER, "demo": Role.VIEWER}),
    "grace": ("Grace Hopper", {EVERY: Role.MAINTAINER}),
    "katherine": ("Katherine Johnson", {"demo": Role.CONTRIBUTOR}),
    LONG: ("Wilhelmina Friederike von Hohenberg-Lichtenstein", {"risk": Role.ADMIN, "demo": Role.CONTRIBUTOR}),
    "dorothy": ("Dorothy Vaughan", {EVERY: Role.VIEWER}),
    "newcomer": ("Nora Newcomer", {}),
}
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
)
DONE: tuple[tuple[str, str, str, Mapping[str, object]], ...] = (
    ("login", "", "", {}), ("assign", "detector@v0.3.0", "fraud", {"stage": "prod", "via": "own"}),
    ("register", "forecast@v1.1.0", "demand", {"commit": "e7720d1c0ffee"}), ("login refused", "mallory", "", {}),
    ("change roles", LONG, "", {"roles": {"risk": "admin", "demo": "contributor"}}),
    ("make token", "nightly training on the cluster", "", {"prefix": "gto_4f2a", "scopes": ["read", "write"]}),
    ("link", "detector", "fraud", {"version": "v0.3.0", "file": "models/a/long/way/down/to/detector-2025-03.joblib"}),
    ("settings", "fraud", "fraud", {"write_mode": "own", "forge": "github"}), ("logout", "", "", {}),
)  # fmt: skip


class Scene(NamedTuple):
    """What was made."""

    cookies: Mapping[str, str]
    """Of a session of each person, by name."""
    invitation: str
    """The secret of a link that nobody used yet."""
    reset: str
    code: str
    """Of a program that waits to be let in."""


def fill(team: Team, *, password: str | None = None) -> Scene:
    """Let people come, work and leave marks; whoever has a password has this one."""
    kept = team.passwords.hash(password) if password else None
    cookies = {}
    with team.database.record() as connection:
        for name, (full_name, roles) in PEOPLE.items():
            number = accounts.add(connection, accounts.parse_who(name, full_name, f"{name}@example.com"), kept)
            accounts.set_roles(connection, number, roles)
            if name == "dorothy":
                accounts.change(connection, number, is_active=False)
                continue
            for agent in AGENTS[: 3 if name == "ada" else 1]:
                cookies[name] = sessions.begin(connection, number, SessionLimits(), "203.0.113.7", agent)
        invited = Invited("jean", "Jean Bartik", "jean@example.com", roles={"demo": Role.VIEWER})
        waiting = DeviceWish("DVC", NewToken("Ada's laptop", ("read", "experiments"), 90.0))
        code = device_logins.begin(connection, team.box, waiting, "203.0.113.7").code
        scene = Scene(cookies, invitations.make(connection, invited, "ada"), _reset_link(connection), code)
        _keep(connection, team)
        _log(connection)
        _tell(connection, team)
        ada = accounts.visitor(connection, accounts.find(connection, "ada").id)
    _train(team, ada)
    return scene


def _train(team: Team, ada: Visitor) -> None:
    """Two experiments from a commit that is nowhere: one ended, and one posted no step yet."""
    points = [{"step": step, "loss": 2 / (step + 1), "val": 2.1 / (step + 1)} for step in range(30)]
    told = {
        "repo_url": "fraud", "baseline_sha": "0" * 40, "name": "tuned-wolf", "client": "dvclive", "step": 29,
        "message": "Wider trees, and a smaller learning rate", "params": {"params.yaml": {"trees": 900}},
        "metrics": {"metrics.json": {"data": {"auc": 0.94, "loss": 0.07}}},
        "plots": {"dvclive/plots/metrics/loss.tsv": {"data": points}, "dvclive/plots/images/a.png": {"image": PIXEL}},
    }  # fmt: skip
    for more in ({"type": "data"}, {"type": "done"}, {"type": "start", "name": "late-moth", "client": "dvc"}):
        live_store.take(team.database, "fraud", ada, read_post(json.dumps({**told, **more}).encode()))


def _reset_link(connection: Connection) -> str:
    row = accounts.find(connection, "mary")
    return invitations.make(connection, Invited(row.name, row.full_name, row.email, person_id=row.id), "")


def _keep(connection: Connection, team: Team) -> None:
    ada = accounts.find(connection, "ada").id
    now = time.time()
    tokens.make(connection, ada, "nightly training on the cluster", ("read", "write"), now + 30 * DAY)
    tokens.make(connection, ada, "laptop", ("admin",), None)
    tokens.make(connection, ada, "last year", ("read",), now - DAY)
    write_settings.keep_token(connection, team.box, ada, ForgeToken("https://github.com", "ghp_x", "ada"))
    for repo, name in (("demand", "forecast"), ("fraud", "detector")):
        connection.execute(insert(watched).values(person_id=ada, repository=repo, artifact=name))
    for name, query, shared in (("Late ones", "q=is%3Abehind", False), ("In production, by AUC", "stage=prod", True)):
        about = {"person_id": ada, "is_shared": shared, "page": "/models", "repository": "", "created_at": now}
        connection.execute(insert(saved_view).values(**about, name=name, query=query))


def _log(connection: Connection) -> None:
    people = ("ada", "mary", LONG, "grace")
    for number in range(130):
        action, subject, repository, detail = DONE[number % len(DONE)]
        who = accounts.visitor(connection, accounts.find(connection, people[number % len(people)]).id)
        origin = RequestOrigin("2001:db8:85a3::8a2e:370:7334", "token nightly" if number % 3 else "session")
        audit.note(connection, who, origin, action, subject, repository=repository, **detail)


def _tell(connection: Connection, team: Team) -> None:
    wishes = (
        TargetWish("Deployment", "https://deploy.example.com/hooks/models"),
        TargetWish(
            "Team chat of risk", "https://chat.example.com/services/T0/B1/abc", "slack",
            TargetFilter(kinds=("assignment", "registration"), stages=("prod",), artifacts=("detector", "nlp/*")),
        ),
        TargetWish("Old one", "https://old.example.com/in", "teams"),
    )  # fmt: skip
    ada, now = accounts.find(connection, "ada").id, time.time()
    numbers = [targets.add(connection, team.box, one, ada)[0] for one in wishes]
    targets.set_active(connection, numbers[2], is_active=False)
    states = (("delivered", ""), ("failed", "no answer for a day"), ("waiting", "it answered 503"))
    for number in range(6):
        state, reason = states[number % 3]
        values = {"event_id": f"{number:040x}", "repository": "fraud", "artifact": "detector", "kind": "assignment"}
        timed = {"created_at": now - number * 4000, "not_before": now + 240, "until": now + DAY, "state": state}
        row = insert(outbox).values(target_id=numbers[0], **values, **timed, body={}, is_ready=True, reason=reason)
        made = connection.execute(row).inserted_primary_key
        assert made is not None
        for tried in range(1 if state == "delivered" else 3):
            told = (
                (204, "", "") if state == "delivered" else (503, "it answered 503", "<h1>upstream connect error</h1>")
            )
            told_as = dict(zip(("status", "reason", "answer"), told, strict=True))
            connection.execute(insert(attempt).values(outbox_id=made[0], at=now - 60 * tried, seconds=0.21, **told_as))
    hook_secrets.make(connection, team.box, "fraud")
    for number, (event, status, reason) in enumerate(
        (("push", 202, ""), ("ping", 200, ""), ("", 401, "the signature is not that of the secret"))
    ):
        values = {"kind": "github", "repository": "fraud", "event": event, "reason": reason}
        row = insert(received).values(**values, status=status, delivery=f"d{number}", at=now - number * 3600)
        connection.execute(row)

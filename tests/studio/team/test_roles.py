"""The matrix of roles: every route and method, asked by everybody, against the table of what each route needs."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from fastapi import HTTPException, Request
from sqlalchemy import delete, update

from gto.studio.guard import SAFE, SIGNED_FILES
from gto.studio.team.access import NEEDS, Where, authorize, check_need
from gto.studio.team.team_guard import SIGNED
from gto.studio.team.team_tables import person, session
from gto.studio.team.tokens import SCOPES, allows
from gto.studio.visitor import EVERY, Role
from tests.conftest import copied
from tests.team_app import OWN, team_studio
from tests.team_routes import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.testclient import TestClient

    from tests.repo import Repo
    from tests.team_app import TeamStudio
    from tests.team_routes import Address

GROUP, ELSEWHERE = "marketing", "lab"
"""The group of the repository in the paths, and another one."""
READ_ONLY = ("/hf/{path:path}", "/v2/{path:path}")
"""What other tools' clients read: to whoever writes there it says that nobody does."""
ALWAYS = ("/health", "/ready")
"""Probes, which look at no credentials."""


class Who(NamedTuple):
    """Somebody who asks."""

    roles: Mapping[str, Role] = {}
    scope: str | None = None
    """What their token is limited to; None for a session."""
    is_known: bool = True
    """Whether their credentials count."""


NOBODY = Who(is_known=False)
PEOPLE: Mapping[str, Who] = {
    "nobody": NOBODY,
    **{f"{role} of the group": Who({GROUP: role}) for role in Role},
    **{f"{role} of another group": Who({ELSEWHERE: role}) for role in Role},
    "viewer of all": Who({EVERY: Role.VIEWER}),
    "admin of all": Who({EVERY: Role.ADMIN}),
    "somebody without a role": Who(),
    **{f"a token of scope {scope}": Who({EVERY: Role.ADMIN}, scope) for scope in SCOPES},
    "an admin token of a contributor": Who({GROUP: Role.CONTRIBUTOR}, "admin"),
    "a token without a scope": Who({EVERY: Role.ADMIN}, ""),
}
DEAD = ("deactivated", "expired session", "session that was ended", "unknown cookie")
DEAD_TOKENS = ("deactivated token", "expired token", "unknown token")


class Asker(NamedTuple):
    """How somebody asks: with a cookie, a token, or nothing."""

    cookie: str = ""
    token: str = ""


@pytest.fixture(scope="module")
def kept() -> Iterator[tuple[ExitStack, dict[str, TeamStudio]]]:
    with ExitStack() as stack:
        yield stack, {}


@pytest.fixture(params=["closed", "public"])
def team(
    request: pytest.FixtureRequest,
    kept: tuple[ExitStack, dict[str, TeamStudio]],
    tmp_path_factory: pytest.TempPathFactory,
) -> TeamStudio:
    """Two repositories of two groups, made once; in public, anybody sees the first."""
    stack, made = kept
    if request.param not in made:
        place = tmp_path_factory.mktemp("roles")
        registry: Repo = request.getfixturevalue("registry")
        repo = copied(registry, place)
        places = {"churn": (repo.path, [GROUP]), "secret": (repo.path, [ELSEWHERE])}
        public = (GROUP,) if request.param == "public" else ()
        made[request.param] = stack.enter_context(team_studio(places, place / "studio.db", public=public))
    return made[request.param]


def test_every_route_is_listed_with_what_it_needs(team: TeamStudio) -> None:
    assert {(one.method, one.route) for one in addresses(team.app)} - NEEDS.keys() == set()


@pytest.mark.parametrize("name", PEOPLE)
def test_every_route_answers_as_the_table_says(team: TeamStudio, name: str) -> None:
    who = PEOPLE[name]
    wrong = {}
    with _client(team, _asker(team, who, name)) as client:
        for one in addresses(team.app):
            expected = _expected(one, who, team.team.settings.public)
            if (answered := _ask(client, one)) != expected:
                wrong[one.method, one.route] = (answered, expected)
    assert wrong == {}


def test_whoever_may_ask_gets_an_answer_of_every_route(team: TeamStudio) -> None:
    with _client(team, Asker(team.cookie(team.person("someone", {EVERY: Role.ADMIN})))) as client:
        team.app.dependency_overrides.clear()
        for one in addresses(team.app):
            answer = client.request(one.method, one.path)
            assert answer.status_code < 500, (one, answer.text)
            if not one.path.startswith(SIGNED):  # a session counts for nothing there
                assert answer.status_code not in {401, 405} or one.route in READ_ONLY, one


@pytest.mark.parametrize("name", DEAD)
def test_who_may_come_no_more_is_nobody(team: TeamStudio, name: str) -> None:
    with _client(team, _dead(team, name)) as client:
        for one in addresses(team.app):
            assert _ask(client, one) == _expected(one, NOBODY, team.team.settings.public), one


@pytest.mark.parametrize("name", DEAD_TOKENS)
def test_a_token_that_counts_no_more_opens_nothing_not_even_what_is_open(team: TeamStudio, name: str) -> None:
    with _client(team, _dead(team, name)) as client:
        for one in addresses(team.app):
            is_open = one.path in ALWAYS or one.path.startswith(SIGNED_FILES)  # the token may be another server's
            assert _ask(client, one) == ("let in" if is_open else "asked who"), one


def _expected(one: Address, who: Who, public: tuple[str, ...]) -> str:
    need = NEEDS[one.method, one.route]
    only_looks = one.method in SAFE or need.is_read
    roles = {**dict.fromkeys(public, Role.VIEWER), **who.roles}
    if need.is_open:
        return "let in"
    if not who.is_known and not (roles and need.role is Role.VIEWER and only_looks):
        return "asked who"
    if who.scope is not None and not allows([who.scope], need.scope):
        return "refused"
    here = max((roles[one] for one in (EVERY, GROUP) if one in roles), default=0)
    if need.role is None:
        return "let in"
    if need.where is Where.HERE:
        return "not there" if not here else "let in" if here >= need.role else "refused"
    highest = max(roles.values(), default=0) if need.where is Where.ANY else roles.get(EVERY, 0)
    is_shown = need.role is Role.VIEWER and need.where is Where.ANY  # with nothing on it
    return "let in" if highest >= need.role or is_shown else "refused"


def _let_in(request: Request) -> None:
    """Ask whether a request may go on, and do not: what the route does is another test's."""
    check_need(request)
    raise HTTPException(418, "Let in.")


@contextmanager
def _client(team: TeamStudio, asker: Asker) -> Iterator[TestClient]:
    with team.browser(asker.cookie).client as client:
        client.headers |= {"accept": "application/json"}
        client.headers |= {"authorization": f"Bearer {asker.token}"} if asker.token else OWN
        team.app.dependency_overrides[authorize] = _let_in
        yield client
        team.app.dependency_overrides.clear()


def _ask(client: TestClient, one: Address) -> str:
    """What becomes of a request with nothing in it."""
    answer = client.request(one.method, one.path)
    return _MEANINGS.get(answer.status_code, answer.text)


_MEANINGS = {401: "asked who", 403: "refused", 404: "not there", 418: "let in"}


def _asker(team: TeamStudio, who: Who, name: str) -> Asker:
    if not who.is_known:
        return Asker()
    made = team.person(name.replace(" ", "-"), who.roles)
    if who.scope is None:
        return Asker(team.cookie(made))
    return Asker(token=team.token(made, *filter(None, [who.scope])))


def _dead(team: TeamStudio, name: str) -> Asker:
    if name.startswith("unknown"):
        return Asker("x" * 43) if "cookie" in name else Asker(token="gto_" + "x" * 43)
    made = team.person(name.replace(" ", "-"), {EVERY: Role.ADMIN})
    if name == "expired token":
        return Asker(token=team.token(made, "admin", expires_in=-1.0))
    asker = Asker(token=team.token(made, "admin")) if "token" in name else Asker(team.cookie(made))
    ended = {
        "deactivated": update(person).where(person.c.id == made).values(is_active=False),
        "expired": update(session).where(session.c.person_id == made).values(expires_at=time.time() - 1.0),
        "session": delete(session).where(session.c.person_id == made),
    }
    with team.team.database.record() as connection:
        connection.execute(ended[name.split(maxsplit=1)[0]])
    return asker

"""People whom a proxy logs in: only where it is the proxy that says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from gto.exceptions import UsageError
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.team import accounts, migrate, vouched
from gto.studio.team.trusted_proxy import TrustedProxy, parse_networks
from gto.studio.team.vouched_person import VouchedPerson
from gto.studio.visitor import Role
from tests.repo import gto
from tests.team_app import OWN, URL, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Server
    from tests.repo import Repo
    from tests.team_app import TeamStudio

PROXY = TrustedProxy(parse_networks(["10.0.0.0/8", "::1"]), "X-Forwarded-User", groups="X-Forwarded-Groups")
ADA = {"x-forwarded-user": "ada", "x-forwarded-name": "Ada L", "x-forwarded-groups": "ml-team, all"}


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio behind a proxy that logs people in."""
    places = {"churn": (registry.path, ["marketing"]), "secret": (registry.path, ["lab"])}
    with team_studio(places, tmp_path / "studio.db", proxy=PROXY) as made:
        with made.team.database.record() as connection:
            accounts.set_roles(connection, "ml-team", {"marketing": Role.MAINTAINER})
        yield made


def client(team: TeamStudio, address: str) -> TestClient:
    """What asks from an address."""
    return TestClient(team.app, base_url=URL, follow_redirects=False, client=(address, 5000))


def test_whom_the_proxy_names_is_logged_in_with_the_roles_of_their_groups(team: TeamStudio) -> None:
    answer = client(team, "10.1.2.3").get("/api/v1/repositories", headers=ADA)
    assert [one["name"] for one in answer.json()["items"]] == ["churn"]


def test_the_groups_count_that_the_proxy_names_now(team: TeamStudio) -> None:
    proxy = client(team, "10.1.2.3")
    assert proxy.get("/m/churn/churn", headers=ADA).status_code == 200
    assert proxy.get("/m/churn/churn", headers={**ADA, "x-forwarded-groups": "all"}).status_code == 404


@pytest.mark.parametrize("address", ["192.0.2.1", "11.0.0.1", "testclient", "::ffff:10.1.2.3"])
def test_what_anybody_else_says_in_the_headers_counts_for_nothing(team: TeamStudio, address: str) -> None:
    assert client(team, address).get("/api/v1/repositories", headers=ADA).status_code == 401


def test_who_was_deactivated_stays_out(team: TeamStudio) -> None:
    proxy = client(team, "10.1.2.3")
    proxy.get("/models", headers=ADA)
    with team.team.database.record() as connection:
        accounts.change(connection, accounts.find(connection, "ada").id, is_active=False)
    assert proxy.get("/models", headers=ADA).status_code == 403


def test_a_form_of_one_person_is_none_of_another(team: TeamStudio) -> None:
    proxy = client(team, "10.1.2.3")
    team.context.worker.close()  # nobody waits for it
    page = proxy.get("/models", headers={**ADA, "accept": "text/html"}).text
    token = page.partition('name="form_token" value="')[2].partition('"')[0]
    assert proxy.post("/sync", data={"form_token": token, "repo": "none"}, headers={**OWN, **ADA}).status_code != 403
    eve = {**ADA, "x-forwarded-user": "eve"}
    assert proxy.post("/sync", data={"form_token": token}, headers={**OWN, **eve}).status_code == 403


@pytest.mark.parametrize(
    ("peer", "said", "found"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # the first one is what the client says of itself
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
    ],
)
def test_a_request_comes_from_the_last_address_that_is_no_proxy_s(peer: str, said: str, found: str) -> None:
    assert PROXY.client_address(peer, Headers({"x-forwarded-for": said} if said else {})) == found


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no network"):
        parse_networks(["10.0.0.1/8"])


def test_a_header_that_stands_twice_says_nothing(team: TeamStudio) -> None:
    """A proxy that adds its own after what a client sent lets the client say who it is."""
    proxy = client(team, "10.1.2.3")
    twice = [("x-forwarded-user", "eve"), ("x-forwarded-user", "ada"), ("accept", "application/json")]
    assert proxy.get("/account.json", headers=twice).status_code == 401


def test_a_header_that_no_option_names_says_nothing() -> None:
    """A proxy that overwrites the header of the user alone lets the client send the others."""
    sent = Headers({**ADA, "x-forwarded-email": "boss@example.com"})
    only = TrustedProxy(PROXY.networks, "X-Forwarded-User")
    assert only.identity("10.0.0.1", sent) == VouchedPerson("proxy", "ada", "ada", "", "", ())
    every = only._replace(full_name="X-Forwarded-Name", email="X-Forwarded-Email", groups="X-Forwarded-Groups")
    told = VouchedPerson("proxy", "ada", "ada", "Ada L", "boss@example.com", ("ml-team", "all"))
    assert every.identity("10.0.0.1", sent) == told


def test_a_name_or_a_group_that_is_too_long_is_not_cut_to_another_s() -> None:
    assert PROXY.identity("10.0.0.1", Headers({"x-forwarded-user": "a" * 201})) is None
    found = PROXY.identity("10.0.0.1", Headers({"x-forwarded-user": "ada", "x-forwarded-groups": f"{'a' * 201},lab"}))
    assert found is not None
    assert found.groups == ("lab",)


def test_whom_several_requests_name_at_once_for_the_first_time_is_one_person(postgresql: Server) -> None:
    database = PostgresqlDatabase(postgresql.new(), pool=20)
    migrate.require_current(database)
    told = [VouchedPerson("proxy", name, "Ada", "Ada L", "", ("all",)) for name in ("ada", "Ada") for _ in range(4)]
    with closing(database), ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: vouched.recognise(database, one, "users.noreply.studio.test"), told))
    assert {row.subject: row.name for row in found}.keys() == {"ada", "Ada"}
    assert {row.name for row in found} == {"ada", "ada-2"}


def test_a_header_that_nobody_is_trusted_with_is_told_before_anything_is_served(tmp_path: Path) -> None:
    refused = gto("studio", "serve", "--proxy-user-header", "X-Forwarded-User", cwd=tmp_path)
    assert (refused.code, "needs --trusted-proxy" in refused.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []

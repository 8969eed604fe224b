"""The audit log: each write stands in it with its refs, who may read what of it, and how long it is kept."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from gto.studio.team import housekeeping
from gto.studio.team.repository_sources import RepositorySources
from gto.studio.team.team_tables import audit, invitation, login_attempt, login_failure, session
from gto.studio.visitor import Role
from tests.studio.team.test_login import PASSWORD, log_in
from tests.studio_forms import fields_of
from tests.team_app import team_studio

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio


def entries(browser: Browser, **query: str) -> list[dict[str, Any]]:
    """What the log tells."""
    found = browser.json("/audit", **query)["entries"]
    assert isinstance(found, list)
    return found


def test_each_tag_and_each_file_that_is_written_stands_in_the_log(registry: Repo, tmp_path: Path) -> None:
    catalogue = tmp_path / "team.yaml"
    catalogue.write_text(f"repos:\n- path: {registry.path}\n  name: churn\n", encoding="utf-8")
    sources = RepositorySources((str(tmp_path),))
    places = {"churn": (registry.path, ["marketing"])}
    with team_studio(places, tmp_path / "studio.db", catalogue=str(catalogue), sources=sources) as studio:
        ada = studio.logged_in("ada", Role.ADMIN)
        assert ada.form("/r/churn/-/settings", write_mode="server", forge="").status_code == 303
        assign, annotate = "/m/churn/churn/-/assign", "/m/churn/churn/-/annotate"
        fields = {**fields_of(ada.get(assign).text), "version": "v0.0.1", "stage": "audited"}
        assert ada.form(assign, **fields).status_code == 303
        assert ada.form(assign, **fields).status_code == 409  # what writes nothing is no entry
        fields = {**fields_of(ada.get(annotate).text), "text": "Said in a test"}
        assert ada.form(annotate, **fields).status_code == 200
        assert ada.form("/repos/add", where=str(registry.path), name="second", groups="lab").status_code == 303
        assert ada.form("/repos/remove", repo="second").status_code == 303
        told = entries(ada, person="ada")
        assert [(one["action"], one["repository"], one["subject"]) for one in told] == [
            ("remove repository", "", "second"),
            ("add repository", "", "second"),
            ("propose to annotate", "churn", "churn"),
            ("assign", "churn", "churn"),
            ("settings", "churn", "churn"),
        ]
        (ref,) = told[3]["detail"]["refs"]
        assert ref in registry.git("tag", "--points-at", told[3]["detail"]["commit"]).split()
        assert told[2]["detail"]["branch"] in registry.git("branch", "--format=%(refname:short)").split()
        assert {one["by"] for one in told} == {"session"}


def test_it_is_filtered_by_person_action_repository_and_date_page_by_page(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    rows: list[dict[str, Any]] = [
        {"at": 1_700_000_000.0 + number, "person": f"p{number % 3}", "action": "assign" if number % 2 else "login",
         "repository": "churn" if number % 2 else "", "subject": f"s{number}", "detail": {}, "address": "", "by": ""}
        for number in range(250)
    ]  # fmt: skip
    with people.team.database.record() as connection:
        connection.execute(insert(audit), rows)
    whole = root.json("/audit")
    assert (whole["total"], whole["pages"], len(whole["entries"])) == (250, 3, 100)
    assert [one["subject"] for one in entries(root, page="3")] == [f"s{number}" for number in range(49, -1, -1)]
    for query, total in (
        ({"person": "p1"}, 83),
        ({"action": "assign"}, 125),
        ({"repository": "churn", "person": "p0"}, 42),
        ({"until": "2023-11-14T22:13:29+00:00"}, 10),
        ({"since": "2023-11-14T22:17:20+00:00", "until": "2100-01-01"}, 10),
        ({"person": "' OR 1=1 --"}, 0),
    ):
        assert root.json("/audit", **query)["total"] == total, query
    assert root.get("/audit?since=never").status_code == 400
    assert "of 250" in root.get("/audit?page=2").text
    lines = list(csv.DictReader(io.StringIO(root.get("/audit.csv?person=p1").text)))
    assert len(lines) == 83
    assert (lines[0]["at"], lines[0]["subject"]) == ("2023-11-14T22:17:27Z", "s247")


def test_a_cell_of_the_csv_is_never_a_formula(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    log_in(people.browser(), "=cmd|' /C calc'!A0", "wrong")
    (line,) = csv.DictReader(io.StringIO(root.get("/audit.csv?action=login+refused").text))
    assert not line["subject"].startswith("=")


def test_an_admin_of_a_group_reads_of_its_repositories_alone(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    grace = people.logged_in("grace", Role.ADMIN, "marketing")
    log_in(people.browser(), "root", "wrong")
    rows: list[dict[str, Any]] = [
        {"at": time.time(), "person": "p", "action": f"in {name}", "repository": name, "subject": "", "detail": {},
         "address": "", "by": ""} for name in ("churn", "fraud", "gone")
    ]  # fmt: skip
    with people.team.database.record() as connection:
        connection.execute(insert(audit), rows)
    assert len(entries(root)) == 4
    assert [one["repository"] for one in entries(grace)] == ["churn"]
    assert entries(grace, repository="fraud") == []
    page = grace.get("/audit").text
    assert "fraud" not in page
    assert "login refused" not in page
    assert "fraud" not in grace.get("/audit.csv").text


def test_logins_refused_logins_and_changes_of_rights_stand_in_the_log(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    people.person("bob", {"lab": Role.VIEWER}, PASSWORD)
    browser = people.browser()
    log_in(browser, "bob", "a wrong one")
    log_in(browser, "bob")
    browser.form("/account/tokens", name="ci", scope="write", days="7")
    browser.form("/logout")
    root.form("/people/bob/roles", **{"role in lab": "maintainer"})
    root.form("/people/bob/active", active="0")
    told = [(one["person"], one["action"], one["subject"]) for one in reversed(entries(root))]
    assert told == [
        ("", "login refused", "bob"),
        ("bob", "login", ""),
        ("bob", "make token", "ci"),
        ("bob", "logout", ""),
        ("root", "change roles", "bob"),
        ("root", "deactivate", "bob"),
    ]
    whole = repr(entries(root))
    assert "a wrong one" not in whole
    assert PASSWORD not in whole


def test_housekeeping_forgets_what_has_expired_and_says_that_the_log_begins_later(people: TeamStudio) -> None:
    database, now = people.team.database, time.time()
    number = people.person("ada", {"*": Role.ADMIN})
    fresh, kept = people.cookie(number), {"at": now - 10 * 86400, "person": "ada", "action": "x", "repository": ""}
    with database.record() as connection:
        for table, values in (
            (session, {"digest": "s", "person_id": number, "created_at": 0, "used_at": 0, "address": "", "agent": ""}),
            (invitation, {"digest": "i", "name": "x", "full_name": "", "email": "", "roles": {}, "created_by": "",
                          "created_at": 0}),
            (login_attempt, {"digest": "a", "body": {}}),
        ):  # fmt: skip
            connection.execute(insert(table).values(**values, expires_at=now - 1))
        connection.execute(insert(login_failure).values(subject="name x", at=now - 7200))
        rest = {"subject": "", "detail": {}, "address": "", "by": ""}
        connection.execute(insert(audit), [{**kept, **rest}, {**kept, **rest, "at": now - 400 * 86400}])
    done = housekeeping.forget(database, people.team.settings.audit_days)
    assert tuple(done) == (1, 1, 1, 1, 1)
    assert tuple(housekeeping.forget(database, people.team.settings.audit_days)) == (0,) * 5
    told = entries(people.browser(fresh))
    assert [one["action"] for one in told] == ["forget audit", "x"]
    assert told[0]["detail"] == {"entries": 1, "older_than_days": 365.0}
    with database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(session)).scalar_one() == 1

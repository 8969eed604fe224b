"""What a page and the command line say of one thing is the same, value by value, in each layout of a repository."""

from __future__ import annotations

import csv
import io
import json
import posixpath
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from gto.lineage.values import flat
from tests.conftest import copied
from tests.studio.layouts import LAYOUTS, demo, dvc
from tests.studio_app import Studio, studio_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.repo import Repo

Pair = tuple[str, Any, Any]
"""What is asked, and what the page and the command line say."""


class Scene(NamedTuple):
    """The repositories of a layout, and a Studio over them."""

    studio: Studio
    repos: Mapping[str, Repo]
    answers: dict[tuple[str, ...], Any]
    """What the command line said, by the repository and the words."""

    def said(self, name: str, *words: str) -> Any:  # noqa: ANN401  whatever JSON holds
        """What a command prints as JSON."""
        if (name, *words) not in self.answers:
            result = self.repos[name].gto(*words, "--json")
            assert result.stdout, (words, result.stderr)
            self.answers[name, *words] = json.loads(result.stdout)
        return self.answers[name, *words]

    def page(self, path: str, **query: str | list[str]) -> Any:  # noqa: ANN401  whatever JSON holds
        """What a page says as JSON."""
        return self.studio.json(path, **query)

    def api(self, path: str, **query: str | list[str]) -> Any:  # noqa: ANN401  whatever JSON holds
        """What the API answers."""
        answer = self.studio.client.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def artifacts(self) -> Iterator[tuple[str, str, str]]:
        """Each repository with each of its artifacts that has an event, and the address of its page."""
        for repo in self.repos:
            for name in self.said(repo, "show", "-d"):
                if self.said(repo, "history", name):
                    yield repo, name, f"/m/{repo}/{quote(name)}"

    def versions(self, repo: str, name: str) -> list[str]:
        """The versions of an artifact, those that were deregistered, and commits that only have stages."""
        return [one["version"] for one in self.shown(repo, name, "-d")]

    def named(self, repo: str, name: str) -> list[str]:
        """The versions of an artifact that count, and can be named."""
        if not self.said(repo, "show", "-d")[name]["active"]:
            return []
        return [one["version"] for one in self.shown(repo, name, "-d") if one["registrations"] and one["is_active"]]

    def shown(self, repo: str, name: str, *words: str) -> list[Any]:
        """What `gto show NAME` says, but for the commit of HEAD that is annotated and has no tag: no page lists it."""
        return [one for one in self.said(repo, "show", name, *words) if one["registrations"] or one["stages"]]


def rows_of(scene: Scene, repo: str) -> dict[str, Any]:
    """The rows of the list by the names of their artifacts."""
    page = scene.page("/models", repo=repo, **{"is": ["active", "deprecated"]})
    assert page["pages"] == 1
    return {one["artifact"]: one for one in page["artifacts"]}


def columns_of(told: Mapping[str, str | None]) -> dict[str, str]:
    """The stages that hold something: a list of several repositories has the columns of them all."""
    return {stage: version for stage, version in told.items() if version}


def list_and_show(scene: Scene) -> Iterator[Pair]:
    """`/models` and `gto show`, with and without what is deprecated."""
    keys = ("version", "registered", "active", "signature")
    for repo in scene.repos:
        for words, state in (((), ["active"]), (("-d",), ["active", "deprecated"])):
            told = scene.said(repo, "show", *words, "--verify")
            shown = scene.page("/models", repo=repo, **{"is": state})["artifacts"]
            yield (
                f"{repo} {words}",
                {row["artifact"]: {**columns_of(row["stage"]), **{key: row[key] for key in keys}} for row in shown},
                {name: {**columns_of(row["stage"]), **{key: row[key] for key in keys}} for name, row in told.items()},
            )


def list_and_details(scene: Scene) -> Iterator[Pair]:
    """The other columns of `/models`, and the commands that tell them."""
    for repo in scene.repos:
        refused = refused_events(scene, repo)
        for name, row in rows_of(scene, repo).items():
            history = scene.said(repo, "history", name)
            every = scene.shown(repo, name, "-d") if history else []
            named = [one for one in every if one["version"] == row["version"]]
            registration = (named[0]["registrations"] or [{}])[-1] if named else {}
            counted = [one for one in every if one["is_active"] and one["registrations"]]
            kept = {one["ref"] for one in counting(scene, repo, name)}
            told = {
                "commit": named[0]["commit_hexsha"] if named else None,
                "registered_at": seconds(registration.get("created_at")),
                "registered_by": registration.get("author"),
                "changed_at": seconds(history[0]["timestamp"]) if history else None,
                "versions": len(counted),
                "refused": len(kept & refused),
                "metric": trend(scene, repo, name, row["version"]),
                **annotation(scene, repo, name, row["version"]),
            }
            yield f"{repo} {name}", {key: row[key] for key in told}, told


def seconds(moment: str | None) -> int | None:
    """Since 1970."""
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())


def counting(scene: Scene, repo: str, name: str) -> list[Any]:
    """The events of an artifact."""
    return list(scene.said(repo, "history", name))


def refused_events(scene: Scene, repo: str) -> set[str]:
    """The tags of a repository that its policy refuses."""
    kept = {one["ref"] for one in scene.said(repo, "history", "--require-policy")}
    return {one["ref"] for one in scene.said(repo, "history")} - kept


def annotation(scene: Scene, repo: str, name: str, version: str | None) -> dict[str, Any]:
    """What HEAD says of an artifact, else the latest version."""
    result = scene.repos[repo].gto("describe", name, "--rev", "HEAD", "--json")
    told = json.loads(result.stdout) if result.stdout else {}
    if not told and version:
        told = facts(scene, repo, name, version)["annotation"] or {}
    return {**{key: told.get(key) for key in ("type", "path", "description")}, "labels": told.get("labels", [])}


def trend(scene: Scene, repo: str, name: str, latest: str | None) -> dict[str, Any] | None:
    """The first number among the metrics of the latest version, and what it was in the versions before."""
    if latest is None:
        return None
    measured = facts(scene, repo, name, latest)["metrics"]
    found = ((file, key, value) for file, keyed in measured.items() for key, value in keyed.items())
    file, key, value = next((one for one in found if isinstance(one[2], int | float)), ("", "", None))
    if value is None:
        return None
    counted = [one["version"] for one in scene.shown(repo, name, "-d") if one["registrations"] and one["is_active"]]
    held = [facts(scene, repo, name, one)["metrics"].get(file, {}).get(key) for one in reversed(counted)]
    values = [one for one in held if isinstance(one, int | float)]
    change = values[-1] - values[-2] if len(values) > 1 else None
    return {"file": file, "key": key, "value": value, "change": change, "values": values[-12:]}


def stages_and_show(scene: Scene) -> Iterator[Pair]:
    """The cells of the stages, and `gto show NAME#STAGE`."""
    for repo in scene.repos:
        for name, row in rows_of(scene, repo).items():
            for stage, cell in row["stages"].items():
                told = scene.said(repo, "show", f"{name}#{stage}", "-d")[0]
                held = next(one for one in told["stages"] if one["stage"] == stage)
                last = held["assignments"][-1]
                higher = [one for one in scene.shown(repo, name) if one["registrations"]]
                names = [one["version"] for one in higher]
                yield (
                    f"{repo} {name} {stage}",
                    cell,
                    {
                        "version": told["version"],
                        "commit": told["commit_hexsha"],
                        "ref": last["tag"],
                        "time": seconds(last["created_at"]),
                        "author": last["author"],
                        "behind": names.index(told["version"]) if told["version"] in names else cell["behind"],
                    },
                )


def filters_and_show(scene: Scene) -> Iterator[Pair]:
    """Filters of the list, and those of `gto show` and `gto search`."""
    for repo in scene.repos:
        rows = rows_of(scene, repo).values()
        asked = {("--type", "type", one["type"]) for one in rows if one["type"]}
        asked |= {("--label", "label", label) for one in rows for label in one["labels"]}
        asked |= {("--in-stage", "stage", stage) for one in rows for stage in one["stages"]}
        for option, key, value in sorted(asked):
            shown = scene.page("/models", repo=repo, **{key: value})["artifacts"]
            told = scene.said(repo, "show", option, value)
            yield f"{repo} {option} {value}", {one["artifact"] for one in shown}, set(told)
        for text in ("churn", "EU", "dev", "a", "who will", "/"):
            shown = scene.page("/models", repo=repo, q=f'"{text}"')["artifacts"]
            hits = scene.said(repo, "search", text)["hits"]
            also = {one["artifact"] for one in shown if text.lower() in (one["path"] or "").lower()}  # searched, too
            yield f"{repo} search {text}", {one["artifact"] for one in shown}, {one["artifact"] for one in hits} | also


def csv_and_list(scene: Scene) -> Iterator[Pair]:
    """`/models.csv` and `/models`."""
    for repo in scene.repos:
        text = scene.studio.client.get("/models.csv", params={"repo": repo, "is": ["active", "deprecated"]}).text
        lines = {one["artifact"]: one for one in csv.DictReader(io.StringIO(text, newline=""))}
        rows = rows_of(scene, repo)
        yield repo, set(lines), set(rows)
        for name, row in rows.items():
            metric = row["metric"] or {}
            told = {
                "latest": row["version"], "commit": row["commit"], "registered_at": moment(row["registered_at"]),
                "registered_by": row["registered_by"], "changed_at": moment(row["changed_at"]),
                "versions": row["versions"], "registered": json.dumps(row["registered"]),
                "active": json.dumps(row["active"]), "type": row["type"], "path": row["path"],
                "labels": " ".join(row["labels"]), "description": row["description"],
                "metric_file": metric.get("file"), "metric": metric.get("key"), "metric_value": metric.get("value"),
                "problems": row["problems"], **{f"#{stage}": version for stage, version in row["stage"].items()},
            }  # fmt: skip
            line = lines[name]
            yield name, {key: line[key] for key in told}, {key: text_of(value) for key, value in told.items()}


def moment(second: int | None) -> str | None:
    """As Studio writes it."""
    return None if second is None else datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def text_of(value: object) -> str:
    """As CSV has it."""
    return "" if value is None else str(value)


def versions_and_show(scene: Scene) -> Iterator[Pair]:
    """The table of versions, and `gto show NAME -d --verify` with the metrics and the subject of `gto describe`."""
    for repo, name, path in scene.artifacts():
        page = scene.page(path)
        told = scene.shown(repo, name, "-d", "--verify")
        assert page["total"] == len(told)
        lines = []
        for one in told[: len(page["versions"])]:
            first = (one["registrations"] or one["stages"][0]["assignments"])[-1 if one["registrations"] else 0]
            lines.append(
                {
                    "name": one["version"],
                    "commit": one["commit_hexsha"],
                    "ref": first["tag"] if one["registrations"] else None,
                    "time": seconds(first["created_at"]),
                    "author": first["author"],
                    "is_active": one["is_active"],
                    "stages": [stage["stage"] for stage in one["stages"] if stage["is_active"]],
                    "proof": one["signature"],
                    **measured(scene, repo, name, one["version"], page),
                }
            )
        yield f"{repo} {name}", [{key: one[key] for key in lines[0]} for one in page["versions"]], lines


def measured(scene: Scene, repo: str, name: str, version: str, page: Any) -> dict[str, Any]:  # noqa: ANN401
    """What the line of a version has of its commit."""
    told = facts(scene, repo, name, version)
    flat: dict[str, Any] = {}
    for file, keyed in told["metrics"].items():
        for key, value in keyed.items():
            flat.setdefault(key or file, value)
    columns = page["versions"][0]["metrics"]
    return {"message": told["commit"]["subject"], "metrics": {key: flat.get(key) for key in columns}}


def facts_and_describe(scene: Scene) -> Iterator[Pair]:
    """Each version in full, and `gto describe --all`, `gto ls`."""
    for repo, name, path in scene.artifacts():
        for version in scene.versions(repo, name):
            chosen = scene.page(path, version=version)["chosen"]
            told = facts(scene, repo, name, version)
            yield f"{repo} {name} {version}", chosen["facts"], told
            yield f"{repo} {name} {version} commit", chosen["commit"], told["commit"]["hexsha"]
            held = [
                cell["stage"]
                for cell in next(one for one in scene.shown(repo, name, "-d") if one["version"] == version)["stages"]
                if cell["is_active"]
            ]
            shown = {
                stage for stage, cell in rows_of(scene, repo)[name]["stages"].items() if cell["version"] == version
            }
            yield f"{repo} {name} {version} stages", set(chosen["stages"]), shown & set(held)
            yield (
                f"{repo} {name} {version} api",
                scene.api(f"artifacts/{repo}/{quote(name)}/facts", version=version),
                told,
            )


def facts(scene: Scene, repo: str, name: str, version: str) -> Any:  # noqa: ANN401  whatever JSON holds
    """What `gto describe --all` says of a version; of a commit, and of what is deprecated, by `--rev`."""
    found = next(one for one in scene.shown(repo, name, "-d") if one["version"] == version)
    if version in scene.named(repo, name):
        return scene.said(repo, "describe", f"{name}@{version}", "--all")
    told = scene.said(repo, "describe", name, "--all", "--rev", found["commit_hexsha"])
    return {**told, "version": version if found["registrations"] else None}


def files_and_ls(scene: Scene) -> Iterator[Pair]:
    """The files of each version, and `gto ls`."""
    for repo, name, path in scene.artifacts():
        for version in scene.named(repo, name):
            result = scene.repos[repo].gto("ls", f"{name}@{version}", "--recursive", "--json")
            if result.code == 0:
                told, files = json.loads(result.stdout), scene.page(path, version=version)["chosen"]["files"]
                base = told["path"]
                yield (
                    f"{repo} {name} {version}",
                    [(one["path"], one["size"], one["hash"]) for one in files],
                    [
                        (
                            base if one["path"] == posixpath.basename(base) else posixpath.join(base, one["path"]),
                            one["size"],
                            (one["hash"] or "").partition(":")[2] or None,
                        )
                        for one in told["files"]
                    ],
                )


def history_and_history(scene: Scene) -> Iterator[Pair]:
    """`/history`, that of each artifact, and their filters, and `gto history`."""
    for repo, name, path in scene.artifacts():
        told = scene.said(repo, "history", name, "--verify")
        shown = every_page(scene, f"{path}/-/history")
        yield f"{repo} {name}", [event_of(one) for one in shown], [event_of(one) for one in told]
        yield f"{repo} {name} on its page", scene.page(path)["events"], scene.said(repo, "history", name)[:100]
        feed = ET.fromstring(scene.studio.client.get(f"{path}/-/history.atom").text)  # noqa: S314  our own answer
        updated = [one.text for one in feed.iter("{http://www.w3.org/2005/Atom}updated")][1:]
        yield f"{repo} {name} feed", updated, [moment(seconds(one["timestamp"])) for one in told[:50]]
    for repo in scene.repos:
        told = scene.said(repo, "history", "--verify")
        yield (
            repo,
            [event_of(one) for one in every_page(scene, "/history", repo=repo)],
            [event_of(one) for one in told],
        )
        refused = {one["ref"] for one in every_page(scene, "/history", repo=repo) if one["refusal"]}
        yield f"{repo} refused", refused, refused_events(scene, repo)
        for one in {str(one["timestamp"]) for one in told[:: max(1, len(told) // 5)]}:
            shown = every_page(scene, "/history", repo=repo, at=one)
            until = scene.said(repo, "history", "--verify", "--until", one)
            yield f"{repo} until {one}", [event_of(line) for line in shown], [event_of(line) for line in until]
        for key, field in (("event", "event"), ("stage", "stage"), ("version", "version"), ("author", "author")):
            for value in sorted({one[field] for one in told if one[field]})[:4]:
                shown = every_page(scene, "/history", repo=repo, **{key: value})
                refs = [one["ref"] for one in told if one[field] == value]
                yield f"{repo} {key} {value}", [one["ref"] for one in shown], refs


EVENT = ("timestamp", "artifact", "event", "version", "stage", "commit", "author", "author_email", "message", "ref",
         "signature")  # fmt: skip


def event_of(one: Mapping[str, object]) -> dict[str, object]:
    """What both say of an event."""
    return {key: one[key] for key in EVENT}


def every_page(scene: Scene, path: str, **query: str) -> list[Any]:
    """The events of all pages of a history."""
    first = scene.page(path, **query)
    pages = [first, *(scene.page(path, page=str(number), **query) for number in range(2, first["pages"] + 1))]
    return [one for page in pages for one in page["events"]]


def past_and_show_at(scene: Scene) -> Iterator[Pair]:
    """The page of an artifact as it was, and `gto show NAME --at`."""
    for repo, name, path in scene.artifacts():
        told = scene.said(repo, "history", name)
        for when in [one["timestamp"] for one in told[:: max(1, len(told) // 3)]]:
            page = scene.page(path, at=when)
            then = scene.shown(repo, name, "-d", "--at", when)
            row = scene.said(repo, "show", "-d", "--at", when)[name]
            yield f"{repo} {name} {when}", [one["name"] for one in page["versions"]], [one["version"] for one in then]
            keys = ("version", "active")
            yield (
                f"{repo} {name} {when} row",
                {**{key: page[key] for key in keys}, **columns_of(page["stage"])},
                {**{key: row[key] for key in keys}, **columns_of(row["stage"])},
            )
            events = scene.said(repo, "history", name, "--until", when)
            yield f"{repo} {name} {when} events", page["events"], events[:100]


def signatures_and_verify(scene: Scene) -> Iterator[Pair]:
    """The verdicts on the events of an artifact, and `gto verify`."""
    keys = ("verdict", "signer", "key", "reason")
    for repo, name, path in scene.artifacts():
        events = {one["ref"] for one in scene.said(repo, "history", name)}
        shown = {ref: {key: one[key] for key in keys} for ref, one in scene.page(path)["signatures"].items()}
        told = {one["tag"]: {key: one[key] for key in keys} for one in scene.said(repo, "verify", name)["tags"]}
        yield (
            f"{repo} {name}",
            shown,
            {ref: one for ref, one in told.items() if ref in events},
        )


def problems_and_doctor(scene: Scene) -> Iterator[Pair]:
    """The page of a repository, and the problems of each artifact, and `gto doctor`."""
    for repo in scene.repos:
        told, page = scene.said(repo, "doctor"), scene.page(f"/r/{repo}")
        yield repo, (page["findings"], page["config"], page["notes"]), (told["problems"], told["config"], told["notes"])
        heads = scene.repos[repo].refs("refs/heads")
        yield (
            f"{repo} branches",
            {one["name"]: one["commit"] for one in page["branches"]},
            {ref.removeprefix("refs/heads/"): oid for ref, oid in heads.items()},
        )
        for one in (one for one in scene.page("/repos")["repositories"] if one["name"] == repo):
            yield f"{repo} in the list", one, {key: page[key] for key in one}
    for repo, name, path in scene.artifacts():
        ours = [one for one in scene.said(repo, "doctor")["problems"] if one["artifact"] == name]
        page = scene.page(path)
        chosen = page["chosen"]
        lacking = (chosen["facts"]["problems"] if chosen else []) or []
        keys = ("code", "subject", "reason", "hint")
        yield (
            f"{repo} {name}",
            {tuple(one[key] for key in keys) for one in page["problems"]},
            {tuple(one[key] for key in keys) for one in (*ours, *lacking)},
        )


def may_and_policy_test(scene: Scene) -> Iterator[Pair]:
    """What the policy says of a promotion, and `gto policy test`."""
    for repo, name, path in scene.artifacts():
        for version in scene.versions(repo, name)[:2]:
            for stage in ("staging", "prod"):
                may = scene.page(path, version=version, may=stage)["may"]
                if may is not None and len(version) < 40:
                    told = scene.said(repo, "policy", "test", name, "--version", version, "--stage", stage)
                    yield f"{repo} {name} {version} {stage}", {key: may[key] for key in told}, told
                    waits = [
                        one
                        for one in scene.said(repo, "reviews")["reviews"]
                        if (one["artifact"], one["version"], one["stage"]) == (name, version, stage)
                    ]
                    yield f"{repo} {name} {version} {stage} waits", may["reviews"], waits


def reviews_and_reviews(scene: Scene) -> Iterator[Pair]:
    """`/reviews` and `gto reviews`."""
    shown = {one["repo"]: one for one in scene.page("/reviews")["repositories"]}
    for repo in scene.repos:
        told = scene.said(repo, "reviews")
        yield repo, {key: shown[repo][key] for key in told}, told


def compare_and_diff(scene: Scene) -> Iterator[Pair]:
    """Versions and commits beside each other, and `gto diff`."""
    for repo, name, path in scene.artifacts():
        versions = scene.named(repo, name)[:3]
        if len(versions) > 1:
            base, *others = versions
            page = scene.page(f"{path}/-/compare", v=versions, baseline=base)
            told = [scene.said(repo, "diff", f"{name}@{base}", f"{name}@{one}") for one in others]
            yield f"{repo} {name}", page["comparisons"], told
            answer = scene.api(f"compare/{repo}/{quote(name)}", v=versions)
            for kind in ("metrics", "params"):
                held = [facts(scene, repo, name, one)[kind] for one in versions]
                rows = {(row["file"], row["key"]): row["values"] for row in answer[kind]}
                places = {(file, key) for one in held for file, keyed in one.items() for key in keyed}
                yield (
                    f"{repo} {name} {kind} of the API",
                    rows,
                    {(file, key): [one.get(file, {}).get(key) for one in held] for file, key in places},
                )
    for repo, made in scene.repos.items():
        commits = made.git("rev-list", "--max-count=3", "HEAD").split()
        page = scene.page(f"/r/{repo}/compare", c=commits, baseline=commits[-1])
        told = [scene.said(repo, "diff", commits[-1], one) for one in commits[:-1]]
        yield f"{repo} commits", page["comparisons"], told


def plots_and_plots(scene: Scene) -> Iterator[Pair]:
    """The plots of versions and commits, and `gto plots`."""
    for repo, name, path in scene.artifacts():
        versions = scene.named(repo, name)[:2]
        if versions and (facts(scene, repo, name, versions[0]) or {}).get("plots"):
            page = scene.page(f"{path}/-/plots", v=versions)
            made = scene.repos[repo].path / ".git/plots.html"
            told = scene.said(repo, "plots", *(f"{name}@{one}" for one in versions), "-o", str(made))
            yield f"{repo} {name}", {**page, "page": ""}, {**told, "page": ""}


def every_row(scene: Scene, repo: str, **query: str) -> Iterator[tuple[str, list[Any]]]:
    """Each branch of a repository with all its rows of experiments, whatever the page folds."""
    query |= {"unchanged": "1", "hidden": "1", "merged": "1"}
    for branch in scene.page(f"/r/{repo}/experiments", **query)["branches"]:
        first = scene.page(f"/r/{repo}/experiments", branch=branch["name"], **query)
        numbers = map(str, range(2, first["pages"] + 1))
        rest = [scene.page(f"/r/{repo}/experiments", branch=branch["name"], page=one, **query) for one in numbers]
        yield branch["name"], [row for page in (first, *rest) for row in page["branches"][0]["commits"]]


def experiments_and_describe(scene: Scene) -> Iterator[Pair]:
    """Rows of the experiments of each project, and `gto describe --rev`, `git rev-list`."""
    keys = ("path", "reason", "hint")
    for repo, made in scene.repos.items():
        for project in scene.page(f"/r/{repo}/experiments")["projects"]:
            known = (one for one in scene.said(repo, "show", "-d") if one.rpartition(":")[0] == project)
            name = next(known, "")  # whose project is described with it
            default = ""
            for branch, rows in every_row(scene, repo, project=project or "/"):
                oids = made.git("rev-list", branch, "--not", *filter(None, [default])).split()
                default = default or branch
                shown = [row["commit"] for row in rows if not row["experiment"]]
                yield f"{repo} {branch}", shown, oids or [made.git("rev-parse", branch)]  # of a merged one its tip
                for row in rows[:: max(1, len(rows) // 5)] if name else ():
                    told = scene.said(repo, "describe", name, "--all", "--rev", row["commit"])
                    commit = told["commit"]
                    yield (
                        f"{repo} {project} {row['commit']}",
                        {
                            **{key: row[key] for key in ("metrics", "params", "not_in_git", "parent")},
                            **{key: row[key] for key in ("subject", "author", "author_email")},
                            "time": seconds(row["created_at"]),
                        },
                        {
                            **{key: of_project(told[key], project) for key in ("metrics", "params")},
                            "not_in_git": [{key: one[key] for key in keys} for one in told["not_in_git"]],
                            "parent": made.git("log", "-1", "--format=%P", row["commit"]) or None,
                            **{key: commit[key] for key in ("subject", "author", "author_email")},
                            "time": seconds(commit["created_at"]),
                        },
                    )
                marks = {(one["artifact"], one["version"]): row["commit"] for row in rows for one in row["versions"]}
                for (artifact, version), oid in marks.items():
                    found = [one for one in scene.shown(repo, artifact, "-d") if one["version"] == version]
                    yield f"{repo} {artifact} {version}", oid, found[0]["commit_hexsha"]


def of_project(told: Mapping[str, Any], project: str) -> dict[str, Any]:
    """The files of values that lie in a project."""
    return {file: keyed for file, keyed in told.items() if file.startswith(project)}


def api_and_show(scene: Scene) -> Iterator[Pair]:
    """The API's artifacts, versions, events and selectors, and `gto show`, `gto history`."""
    every = scene.api("artifacts", limit="200", deprecated="true")["items"]
    for repo in scene.repos:
        rows = rows_of(scene, repo)
        shown = {one["name"]: one for one in every if one["repo"] == repo}
        yield repo, set(shown), set(rows)
        for name, one in shown.items():
            row = rows[name]
            same = ("type", "description", "path", "labels", "registered", "active", "commit", "versions", "problems")
            yield f"{repo} {name}", {key: one[key] for key in same}, {key: row[key] for key in same}
            yield f"{repo} {name} latest", one["latest"], row["version"]
            cells = {stage: {"time": seconds(cell.pop("assigned_at")), **cell} for stage, cell in one["stages"].items()}
            yield f"{repo} {name} stages", cells, row["stages"]
        told = scene.said(repo, "history")
        yield (
            f"{repo} events",
            [one["ref"] for one in scene.api("events", repo=repo, limit="200")["items"]],
            [one["ref"] for one in told[:200]],
        )
    for repo, name, _ in scene.artifacts():
        address = f"{repo}/{quote(name)}"
        for words, deprecated in (((), "false"), (("-d",), "true")):
            items = scene.api(f"artifacts/{address}/versions", deprecated=deprecated, limit="200")["items"]
            told = scene.shown(repo, name, *words)
            keys = ("name", "commit", "active", "stages")
            yield (
                f"{address} {words}",
                [{key: one[key] for key in keys} for one in items],
                [
                    {
                        "name": one["version"],
                        "commit": one["commit_hexsha"],
                        "active": one["is_active"],
                        "stages": [stage["stage"] for stage in one["stages"] if stage["is_active"]],
                    }
                    for one in told
                ],
            )
        selectors = ["latest", *scene.named(repo, name)]
        words = [f"{name}@{one}" for one in selectors] + [f"{name}#{one}" for one in ("dev", "staging", "prod")]
        for word in words:
            result = scene.repos[repo].gto("describe", word, "--all", "--json")
            told = json.loads(result.stdout) if result.stdout else None
            answer = scene.studio.client.get(f"/api/v1/resolve/{repo}/{quote(word)}")
            found = answer.json() if answer.status_code == 200 else None
            yield (
                f"{repo} {word}",
                found and (found["version"], found["commit"]),
                told and (told["version"] or told["commit"]["hexsha"], told["commit"]["hexsha"]),
            )


def catalogue_and_all(scene: Scene) -> Iterator[Pair]:
    """All repositories together, and the commands with `--catalog`."""
    first, *_ = scene.repos.values()
    file = first.path / ".git/catalogue.yaml"
    places = "".join(f"- path: {json.dumps(str(one.path))}\n  name: {name}\n" for name, one in scene.repos.items())
    file.write_text(f"repos:\n{places}", encoding="utf-8")

    def said(*words: str) -> Any:  # noqa: ANN401  whatever JSON holds
        return json.loads(first.gto(*words, "--catalog", str(file), "--json").stdout)

    told = said("history")["events"]
    shown = every_page(scene, "/history")
    keys = ("repo", *EVENT[:-1])
    yield (
        "events",
        [{key: one[key] for key in keys} for one in shown],
        [{key: one[key] for key in keys} for one in told],
    )
    keys = ("version", "registered", "active")
    yield (
        "artifacts",
        {
            f"{one['repo']}/{one['artifact']}": {**columns_of(one["stage"]), **{key: one[key] for key in keys}}
            for one in scene.page("/models")["artifacts"]
        },
        {
            name: {**columns_of(one["stage"]), **{key: one[key] for key in keys}}
            for name, one in said("show")["artifacts"].items()
        },
    )
    listed = {one["name"]: one for one in said("repos", "list")["repos"]}
    for one in scene.page("/repos")["repositories"]:
        told = listed[one["name"]]
        yield f"{one['name']} in the list", (one["address"], one["groups"]), (told["path"], told["groups"])
        yield f"{one['name']} at HEAD", one["head"], scene.repos[one["name"]].git("rev-parse", "HEAD")
    for one in scene.api("repositories")["items"]:
        row = next(row for row in scene.page("/repos")["repositories"] if row["name"] == one["name"])
        same = ("name", "address", "is_remote", "head", "error", "artifacts", "problems")
        yield f"{one['name']} of the API", {key: one[key] for key in same}, {key: row[key] for key in same}
    for one in scene.page("/models", **{"is": ["active", "deprecated"]})["artifacts"]:
        page = scene.page(f"/m/{one['repo']}/{quote(one['artifact'])}")
        yield f"{one['repo']} {one['artifact']} problems", one["problems"], len(page["problems"])


QUESTIONS: tuple[Callable[[Scene], Iterator[Pair]], ...] = (
    list_and_show,
    list_and_details,
    stages_and_show,
    filters_and_show,
    csv_and_list,
    versions_and_show,
    facts_and_describe,
    files_and_ls,
    history_and_history,
    past_and_show_at,
    signatures_and_verify,
    problems_and_doctor,
    may_and_policy_test,
    reviews_and_reviews,
    compare_and_diff,
    plots_and_plots,
    experiments_and_describe,
    api_and_show,
    catalogue_and_all,
)


@pytest.fixture(scope="session")
def scenes() -> Iterator[tuple[dict[str, Scene], ExitStack]]:
    """The scenes that were asked for, each made once."""
    with ExitStack() as stack:
        yield {}, stack


@pytest.fixture
def scene(
    request: pytest.FixtureRequest,
    repo: Repo,
    scenes: tuple[dict[str, Scene], ExitStack],
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    """One layout, which is made where no test has asked for it before."""
    made, stack = scenes
    layout = str(request.param)
    if layout not in made:
        place = tmp_path_factory.mktemp(layout)
        repos = demo(place) if layout == "sample" else LAYOUTS[layout](copied(repo, place))
        studio = stack.enter_context(studio_of({name: one.path for name, one in repos.items()}, place / "index.db"))
        made[layout] = Scene(studio, repos, {})
    return made[layout]


@pytest.mark.dvc
@pytest.mark.parametrize("scene", ["experiments"], indirect=True)
def test_commits_and_experiments_hold_what_dvc_shows(scene: Scene) -> None:
    out = dvc(scene.repos["dvc"], ["exp", "show", "--json", "--num", str(SHOWN)])
    told = {one["rev"]: one for one in json.loads(out[out.index("[{") :]) if one["rev"] != "workspace"}
    assert len(told) == SHOWN
    rows = dict(every_row(scene, "dvc"))["main"]
    here = {row["commit"]: row for row in rows if not row["experiment"]}
    for rev, shown in told.items():
        assert table_values(here[rev]) == values_of(shown)
        made = {one["revs"][0]["name"]: one["revs"][0] for one in shown["experiments"] or ()}
        ours = {row["experiment"]: row for row in rows if row["baseline"] == rev}
        assert made.keys() == ours.keys()
        for name, one in made.items():
            assert ours[name]["commit"] == one["rev"]
            assert table_values(ours[name]) == values_of(one)
    assert sorted(row["experiment"] for row in rows if row["experiment"]) == ["fast", "kept", "slow"]


SHOWN = 40
"""Commits that DVC is asked for: each takes it 30 ms."""


def values_of(shown: dict[str, Any]) -> dict[str, object]:
    """What DVC shows of a commit, as the table has it: by file and key."""
    data = shown["data"]
    keyed = {
        kind: {
            file: dict(flat(one["data"], of_metrics=kind == "metrics"))
            for file, one in data[kind].items()
            if "data" in one  # else the commit has no such file
        }
        for kind in ("metrics", "params")
    }
    recorded = [pair for kind in ("deps", "outs") for pair in data[kind].items()]
    return {**keyed, "data": {path: one["hash"] for path, one in recorded if one["hash"]}}


def table_values(row: dict[str, Any]) -> dict[str, object]:
    """What a row of the table holds; to DVC a file of metrics or plots is none of data, though `dvc.lock` records it."""
    data = {path: mark for path, mark in row["data"].items() if path not in row["metrics"] and path != "loss.csv"}
    return {"metrics": row["metrics"], "params": row["params"], "data": data}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("scene", [*LAYOUTS, "sample"], indirect=True)
def test_a_page_says_what_the_command_line_says(scene: Scene, question: Callable[[Scene], Iterator[Pair]]) -> None:
    different = [f"{what}:\n  page {page}\n  line {said}" for what, page, said in question(scene) if page != said]
    assert not different, "\n".join(different)

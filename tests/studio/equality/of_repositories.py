"""Histories, reviews, problems and experiments beside the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from tests.studio.equality.scene import event_of, every_page, moment, refused_events, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.studio.equality.scene import Pair, Scene


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


def reviews_and_reviews(scene: Scene) -> Iterator[Pair]:
    """`/reviews` and `gto reviews`."""
    shown = {one["repo"]: one for one in scene.page("/reviews")["repositories"]}
    for repo in scene.repos:
        told = scene.said(repo, "reviews")
        yield repo, {key: shown[repo][key] for key in told}, told


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

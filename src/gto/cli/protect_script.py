"""What to type, or to click, so that a forge protects tags: a shell script for each forge."""

import json
from collections.abc import Iterator, Sequence
from shlex import quote

from gto.core.policy.tag_protection import Forge, Protection

_BOTH = "it knows no order of stages, no approvals and no signatures: gto check, or a hook, does"
NOTES = {
    Forge.GITHUB: (
        "needs the program gh, and somebody who may administer the repository",
        "or by hand: Settings > Rules > Rulesets > New ruleset > New tag ruleset",
        "bypass_actors: role 5 is Repository admin; put a team in its place, {actor_type: Team, actor_id: ID}",
        "`*` stops at `/`, so every pattern stands there twice",
        f"what it cannot do: {_BOTH}",
    ),
    Forge.GITLAB: (
        "needs the program glab, and a maintainer",
        "or by hand: Settings > Repository > Protected tags",
        "40 is the role Maintainer, 30 Developer; people and groups instead of roles need a paid tier",
        "protected tags are moved by nobody; maintainers can delete them on the web pages",
        f"what it cannot do: {_BOTH}",
    ),
    Forge.BITBUCKET: (
        "Bitbucket Cloud protects branches only: use gto check in its pipelines, and --require-policy when reading",
        "for Bitbucket Data Center: an administrator of the repository sets PROJECT, REPO, URL and TOKEN",
        "or by hand: Repository settings > Branch permissions > Add permission > Branch pattern",
        "push a tag as somebody who may not, to see that your version applies patterns to tags",
        f"what it cannot do: {_BOTH}",
    ),
    Forge.GITEA: (
        "an administrator of the repository sets OWNER, REPO, URL and TOKEN; the calls need Gitea 1.23",
        "or by hand: Settings > Tags",
        "who may make a tag may also move and delete it",
        f"what it cannot do: {_BOTH}",
    ),
    Forge.FORGEJO: (
        "an administrator of the repository sets OWNER, REPO, URL and TOKEN",
        "or by hand: Settings > Tags",
        "who may make a tag may also move and delete it",
        f"what it cannot do: {_BOTH}",
    ),
}


def script(forge: Forge, protections: Sequence[Protection]) -> Iterator[str]:
    """Yield the lines of a script that sets the protections; what is good to know stands in comments."""
    yield f"# Tag protection on {forge.value}"
    yield from (f"# {note}" for note in NOTES[forge])
    for one in protections:
        yield ""
        yield f"# {one.what}: {_who(one)}"
        yield from commands(forge, one)


def _who(one: Protection) -> str:
    if one.who is None:
        return "anybody who may push makes them, nobody moves or deletes them"
    return f"made only by {', '.join(one.who) or 'nobody whom a forge could know'}"


def commands(forge: Forge, one: Protection) -> Iterator[str]:
    """Yield the commands that set one protection."""
    match forge:
        case Forge.GITHUB:
            yield from ["gh api --method POST 'repos/{owner}/{repo}/rulesets' --input - <<'END'", _ruleset(one), "END"]
        case Forge.GITLAB:
            level = 30 if one.who is None else 40
            for pattern in one.patterns:
                name = quote(f"name={pattern}")
                yield f"glab api --method POST projects/:id/protected_tags -f {name} -f create_access_level={level}"
        case Forge.BITBUCKET:
            path = "rest/branch-permissions/2.0/projects/$PROJECT/repos/$REPO/restrictions"
            for pattern in one.patterns:
                matcher = {"id": f"refs/tags/{pattern}", "type": {"id": "PATTERN"}}
                yield _curl(path, "Bearer", {"type": "read-only", "matcher": matcher, "users": list(one.users)})
        case Forge.GITEA | Forge.FORGEJO:
            for pattern in one.patterns:
                body = {"name_pattern": pattern, "whitelist_usernames": list(one.users)}
                yield _curl("api/v1/repos/$OWNER/$REPO/tag_protections", "token", body)


def _curl(path: str, scheme: str, body: object) -> str:
    return f'curl --fail --header "Authorization: {scheme} $TOKEN" --json {quote(json.dumps(body))} "$URL/{path}"'


def _ruleset(one: Protection) -> str:
    rules = ("creation",) if one.who is not None else ("update", "deletion")
    bypass = [{"actor_type": "RepositoryRole", "actor_id": 5, "bypass_mode": "always"}] if one.who is not None else []
    body = {
        "name": f"gto: {one.what}",
        "target": "tag",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": [f"refs/tags/{pattern}" for pattern in one.patterns], "exclude": []}},
        "rules": [{"type": rule} for rule in rules],
        "bypass_actors": bypass,
    }
    return json.dumps(body, indent=2)

"""Which role each route asks for. A route that is not listed here is refused."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from fastapi import HTTPException, Request

from gto.studio.context import StudioContext, context_of
from gto.studio.guard import SAFE
from gto.studio.team import tokens
from gto.studio.visitor import Role


class Where(Enum):
    """In which repositories a route asks for its role."""

    HERE = "the repository in the path"
    ANY = "any: the page shows what the visitor may see"
    ALL = "the group of all repositories"


class Need(NamedTuple):
    """What a route asks of a visitor."""

    role: Role | None
    """None for a route that is about the visitor themselves: it asks for nothing but a name."""
    where: Where = Where.ANY
    scope: str = "read"
    """Which a token must have."""
    is_open: bool = False
    """Whether the route answers anybody: to log in."""
    is_read: bool = False
    """Whether it changes nothing although it is a POST: some clients send their questions so."""


_SEE = Need(Role.VIEWER)
_ASK = Need(Role.VIEWER, is_read=True)
_SEE_HERE = Need(Role.VIEWER, Where.HERE)
_FORM = Need(Role.CONTRIBUTOR, Where.HERE)
_DESCRIBE = Need(Role.CONTRIBUTOR, Where.HERE, "write")
_KEEP_FORM = Need(Role.MAINTAINER, Where.HERE)
_KEEP = Need(Role.MAINTAINER, Where.HERE, "write")
_SET = Need(Role.ADMIN, Where.HERE, "admin")
_RUN = Need(Role.ADMIN, Where.ALL, "admin")
_SELF = Need(None)
_OWN = Need(None, scope="admin")
_LEADS = Need(Role.ADMIN, scope="admin")
_OPEN = Need(None, is_open=True)

_OF_STAGES = ("assign", "rollback", "unassign", "approve", "deregister", "deprecate")
_OF_TARGETS = ("test", "edit", "pause", "resume", "rotate", "delete", "replay")
_HUB = "/hf/api/{kind}/{namespace}/{slug}"
_MLFLOW_FILES = "/signed/mlflow/{signature}/{expires}/{repo}/{commit}/mlflow-artifacts/artifacts"
_M, _R, _A = "/m/{repo}/{name:path}", "/r/{repo}", "/api/v1/artifacts/{repo}/{name:path}"


def _get(need: Need, *paths: str) -> dict[tuple[str, str], Need]:
    """Return the need of pages; after a path may stand the endings that it comes with, as in `/models .json .csv`."""
    found: dict[tuple[str, str], Need] = {}
    for one in paths:
        path, *endings = one.split()
        found |= {("GET", path + ending): need for ending in ("", *endings)}
    return found


def _send(need: Need, *paths: str) -> dict[tuple[str, str], Need]:
    """Return the need of files, of which one can ask for the head alone."""
    return {(method, path): need for path in paths for method in ("GET", "HEAD")}


def _post(need: Need, *paths: str) -> dict[tuple[str, str], Need]:
    return {("POST", path): need for path in paths}


def _mlflow(prefix: str, where: Where) -> dict[tuple[str, str], Need]:
    """Return the needs of MLflow's model registry below a path."""
    see, api = Need(Role.VIEWER, where), f"{prefix}/api/2.0/mlflow"
    asks = Need(Role.VIEWER, where, is_read=True)
    models, versions = f"{api}/registered-models", f"{api}/model-versions"
    return {
        **_get(see, *(f"{models}/{one}" for one in ("get", "alias", "search", "get-latest-versions"))),
        **_get(see, *(f"{versions}/{one}" for one in ("get", "search", "get-download-uri"))),
        **_get(see, f"{prefix}/api/3.0/mlflow/server-info"),
        **_post(asks, f"{models}/get-latest-versions"),
        **_post(Need(Role.CONTRIBUTOR, where, "write"), f"{models}/create", f"{versions}/create"),
        **_post(Need(Role.MAINTAINER, where, "write"), f"{models}/alias", f"{versions}/transition-stage"),
        ("DELETE", f"{models}/alias"): Need(Role.MAINTAINER, where, "write"),
        **{(method, f"{api}/{{path:path}}"): asks for method in ("GET", "POST", "PUT", "PATCH", "DELETE")},
    }


NEEDS: Mapping[tuple[str, str], Need] = {
    # Pages of all repositories: each shows those that its reader may see.
    **_get(
        _SEE,
        "/",
        "/models .json .csv",
        "/history .json .atom",
        "/experiments .json",
        "/reviews .json",
        "/deployments .json",
    ),
    **_get(_SEE, "/repos .json", "/compare .json .md", "/api .json", "/api/openapi.json", "/kit .json"),
    **_get(Need(Role.CONTRIBUTOR), "/add .json"),
    **_post(_SEE, "/sync"),
    # Pages of one repository.
    **_get(_SEE_HERE, f"{_R} .json", f"{_R}/experiments .json .csv", f"{_R}/compare .json .md", f"{_R}/chosen"),
    **_get(_SEE_HERE, f"{_R}/plots .json /frame"),
    **_post(_SEE_HERE, f"{_R}/commits"),
    **_get(_SEE_HERE, _M, f"{_M}/-/compare .json .md", f"{_M}/-/history .json .atom", f"{_M}/-/plots .json /frame"),
    **_get(_SEE_HERE, f"{_M}/-/description .json", f"{_M}/-/card .json"),
    **dict.fromkeys([("GET", f"{_M}/-/schema.json")], _SEE_HERE),
    # Files.
    **_get(_SEE_HERE, f"{_M}/-/files .json", "/api/v1/artifacts/{repo}/{name:path}/files"),
    **_send(_SEE_HERE, f"{_M}/-/file/{{path:path}}", *(f"{_M}/-/archive.{one}" for one in ("tar.gz", "tar", "zip"))),
    **_send(_OPEN, "/signed/{signature}/{expires}/{repo}/{commit}/{name:path}/-/{kind}/{path:path}"),
    **_post(_SEE_HERE, f"{_M}/-/links", "/api/v1/artifacts/{repo}/{name:path}/links"),
    # What DVC asks for.
    **_get(_SEE, "/api/model-registry/get-download-uris"),
    **_post(_OPEN, "/api/device-login", "/api/device-login/token"),
    **_get(_OWN, "/auth/device-login .json"),
    **_post(_OWN, "/auth/device-login"),
    **_post(Need(Role.CONTRIBUTOR, scope="experiments"), "/api/live"),
    **_get(_SEE_HERE, f"{_R}/live/{{number}} .json /image"),
    # MLflow's registry, of one repository and of all; where all are asked, what writes asks for the role itself.
    **_mlflow("/mlflow/{repo}", Where.HERE),
    **_mlflow("", Where.ANY),
    **_send(_OPEN, f"{_MLFLOW_FILES}/{{path:path}}"),
    **_get(_OPEN, _MLFLOW_FILES),
    # What writes.
    **_get(_FORM, f"{_M}/-/actions .json", f"{_M}/-/done .json", f"{_M}/-/saved .json", f"{_R}/-/add .json"),
    **_get(_FORM, *(f"{_M}/-/{one} .json" for one in ("register", "annotate", "remove"))),
    **_post(_DESCRIBE, f"{_R}/-/add", *(f"{_M}/-/{one}" for one in ("register", "annotate", "remove"))),
    **_get(_KEEP_FORM, *(f"{_M}/-/{one} .json" for one in _OF_STAGES)),
    **_post(_KEEP, *(f"{_M}/-/{one}" for one in _OF_STAGES)),
    **_post(_RUN, "/repos/add", "/repos/remove"),
    # What is of one person or one team.
    **_get(_SELF, "/watched .json"),
    **_get(_OPEN, "/watched.atom"),
    **_post(Need(Role.VIEWER, Where.HERE, "write"), f"{_M}/-/watch"),
    **_get(_FORM, f"{_R}/-/hidden .json"),
    **_post(_DESCRIBE, f"{_R}/-/hidden"),
    **_post(Need(Role.VIEWER, scope="write"), "/views/save", "/views/remove"),
    # REST.
    **_get(_SEE, "/api/v1/repositories", "/api/v1/artifacts", "/api/v1/events"),
    **_get(_SEE_HERE, *(f"/api/v1/artifacts/{{repo}}/{{name:path}}{rest}" for rest in ("", "/versions", "/facts"))),
    **_get(_SEE_HERE, "/api/v1/resolve/{repo}/{selector:path}", "/api/v1/compare/{repo}/{name:path}"),
    **_post(_DESCRIBE, f"{_A}/versions"),
    **_post(_KEEP, f"{_A}/stages/{{stage}}/rollback", f"{_A}/approvals"),
    ("PUT", f"{_A}/stages/{{stage}}"): _KEEP,
    ("DELETE", f"{_A}/versions/{{version}}"): _KEEP,
    ("DELETE", f"{_A}/stages/{{stage}}"): _KEEP,
    ("DELETE", _A): _KEEP,
    **_get(_SEE, "/api/v1/deployments"),
    **_post(_KEEP, "/api/v1/deployments/{repo}"),
    ("DELETE", "/api/v1/deployments/{repo}/{target}"): _KEEP,
    # The Hub, and files at plain addresses: names that the visitor may not see are unknown, and who writes is refused.
    **_send(_SEE, "/hf/{path:path}", "/dl/{path:path}"),
    **_post(_ASK, f"{_HUB}/paths-info/{{revision:path}}"),
    **_post(Need(Role.CONTRIBUTOR, scope="write"), f"{_HUB}/tag/{{revision:path}}"),
    **{(method, "/hf/{path:path}"): _ASK for method in ("POST", "PUT", "PATCH", "DELETE")},
    # Container registry: names that the visitor may not see are unknown; whoever writes is told that nobody does.
    **_send(_SEE, "/v2/{path:path}"),
    **_get(_SEE, "/token"),
    **{(method, "/v2/{path:path}"): Need(Role.VIEWER, is_read=True) for method in ("POST", "PUT", "PATCH", "DELETE")},
    # Webhooks in, which prove by themselves that they may come, and out.
    **_post(_OPEN, "/webhook/{kind}/{repo}"),
    **_post(Need(Role.VIEWER, scope="notify"), "/webhook/dvc"),
    **_get(_SET, f"{_R}/-/webhook .json"),
    **_post(_SET, *(f"{_R}/-/webhook/{one}" for one in ("make", "remove"))),
    **_get(_RUN, "/webhooks .json", "/webhooks/{target} .json"),
    **_post(_RUN, "/webhooks/add", *(f"/webhooks/{{target}}/{one}" for one in _OF_TARGETS)),
    **_get(_RUN, "/api/v1/webhooks", "/api/v1/webhooks/{target}", "/api/v1/webhooks/{target}/deliveries"),
    **_post(_RUN, "/api/v1/webhooks", "/api/v1/webhooks/{target}/test"),
    **_post(_RUN, "/api/v1/webhooks/{target}/rotate"),
    **_post(_RUN, "/api/v1/webhooks/{target}/deliveries/{delivery}/replay"),
    **{(method, "/api/v1/webhooks/{target}"): _RUN for method in ("PATCH", "DELETE")},
    # Who is not known yet.
    **_get(Need(Role.ADMIN, Where.ALL), "/metrics"),
    **_get(
        _OPEN,
        "/ready",
        "/login",
        "/login/oidc",
        "/login/oidc/callback",
        "/health",
        "/static/vega.js",
        "/invitation/{token}",
    ),
    **_post(_OPEN, "/login", "/invitation/{token}"),
    **_post(_SELF, "/logout"),
    # How Studio writes.
    **_get(_SET, f"{_R}/-/settings .json", "/api/v1/repositories/{repo}/settings"),
    **_post(_SET, f"{_R}/-/settings"),
    ("PUT", "/api/v1/repositories/{repo}/settings"): _SET,
    **_get(_OWN, "/account/forges .json"),
    **_post(_OWN, "/account/forges", "/account/forges/remove"),
    # Oneself: a token that only reads learns no more than the name, and changes nothing.
    **_get(_OWN, "/account .json", "/api/v1/tokens"),
    **_post(_OWN, "/account", "/account/password", "/account/sessions/end", "/account/tokens", "/api/v1/tokens"),
    **_post(_OWN, "/account/tokens/remove"),
    ("DELETE", "/api/v1/tokens/{number}"): _OWN,
    # People, in the groups of which one is admin.
    **_get(_LEADS, "/people .json", "/people/-/groups .json", "/people/{name} .json", "/audit .json .csv"),
    **_post(_LEADS, "/people/-/add", "/people/-/groups", "/people/-/groups/remove", "/people/{name}/roles"),
    **_post(_RUN, "/people/-/withdraw", *(f"/people/{{name}}/{one}" for one in ("active", "end", "reset"))),
}
"""By method and path as the router has it. Whatever serves a part of a path needs what the whole does."""


async def authorize(request: Request) -> None:
    """Do what check_need() does, without a thread for it."""
    check_need(request)


def check_need(request: Request) -> None:
    """Let a request through, or raise: 404 where the repository is not the visitor's to see, 403 for a lower role."""
    studio = context_of(request)
    if studio.team is None:  # the guard let in who started it
        return
    need = NEEDS.get((request.method, request.scope["route"].path))
    if need is None:
        raise HTTPException(403, "Nobody may ask for this.")
    if need.is_open:
        return
    is_seeing = need.role is Role.VIEWER and (request.method in SAFE or need.is_read)
    if studio.visitor.id is None and not is_seeing:
        raise HTTPException(401, "Log in first.")
    if not _has_scope(studio, need.scope):
        raise HTTPException(403, f"This token is not for that: it needs the scope '{need.scope}'.")
    _check_role(request, studio, need)


def _has_scope(studio: StudioContext, scope: str) -> bool:
    given = studio.visitor.scopes
    return given is None or tokens.allows(given, scope)


def _check_role(request: Request, studio: StudioContext, need: Need) -> None:
    if need.role is None:
        return
    if need.where is Where.ANY:
        has = any(one >= need.role for one in studio.visitor.roles.values()) or need.role is Role.VIEWER
    else:
        groups = studio.place(request.path_params["repo"]).entry.groups if need.where is Where.HERE else ()
        has = studio.visitor.may(need.role, groups)
    if not has:
        where = "" if need.where is Where.HERE else f" of {need.where.value}" if need.where is Where.ALL else ""
        raise HTTPException(
            403, f"This is for {'an' if need.role is Role.ADMIN else 'a'} {need.role}{where}, and your role is another."
        )

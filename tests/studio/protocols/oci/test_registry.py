"""The registry of OCI in Studio: what it answers to whom, and that a digest leads to the same bytes for ever."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import select
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gto.oci.artifact import BlobPlan, PackedFile, PlannedArtifact, digest_of
from gto.studio.app import make_app
from gto.studio.guard import Guard
from gto.studio.lasting.lasting_tables import oci_manifest
from gto.studio.login import Sessions
from gto.studio.protocols.oci import making
from gto.studio.protocols.oci.kept_artifacts import ArtifactBook, ArtifactOrigin, keep
from gto.studio.protocols.oci.making import ArtifactMaker
from gto.studio.protocols.oci.preparing import ArtifactPreparer
from gto.studio.visitor import Role
from tests.stories.healthy import done
from tests.studio.downloads.conftest import DATA, MODEL
from tests.studio.protocols.oci.conftest import Puller, puller
from tests.studio_app import HOST, studio_of
from tests.team_app import URL, team_studio

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.repo import Repo
    from tests.team_app import TeamStudio


def occupy(maker: ArtifactMaker, jobs: int, may_go_on: Event) -> None:
    """Give it work that does not end before it may."""

    def wait() -> None:
        may_go_on.wait(60)

    for number in range(jobs):
        maker.ask(ArtifactOrigin("other", str(number), "v1.0.0", "", "modelpack"), wait, is_known=False)


def test_a_modelpack_is_pulled_blob_by_blob(registry: TeamStudio) -> None:
    anybody = Puller(registry)
    answer = anybody.get("team/data/manifests/v1.0.0")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.oci.image.manifest.v1+json"
    assert answer.headers["docker-content-digest"] == digest_of(answer.content)
    manifest = answer.json()
    by_path = {one["annotations"]["org.cncf.model.filepath"]: one for one in manifest["layers"]}
    assert set(by_path) == set(DATA)
    for path, layer in by_path.items():
        blob = anybody.get(f"team/data/blobs/{layer['digest']}")
        assert (blob.content, blob.headers["content-length"]) == (DATA[path], str(layer["size"]))
        assert blob.headers["docker-content-digest"] == layer["digest"] == digest_of(DATA[path])
    config = anybody.get(f"team/data/blobs/{manifest['config']['digest']}").json()
    assert config["descriptor"]["version"] == "v1.0.0"
    again = anybody.get("team/data/manifests/latest", **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_modelcar_is_an_archive_that_is_sent_whole_or_in_parts(registry: TeamStudio) -> None:
    anybody = Puller(registry)
    (layer,) = anybody.manifest("modelcar/team/plain", "latest")["layers"]
    path = f"modelcar/team/plain/blobs/{layer['digest']}"
    whole = anybody.get(path).content
    assert (digest_of(whole), len(whole)) == (layer["digest"], layer["size"])
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        assert {one.name: one.mode for one in archive if one.isfile()} == {
            "models/run/it.sh": 0o755,
            "models/ä file.txt": 0o644,
        }
    head = anybody.ask("HEAD", path)
    assert (head.headers["content-length"], head.headers["accept-ranges"], head.content) == (
        str(len(whole)),
        "bytes",
        b"",
    )
    for start, end in ((0, 1), (500, 2000), (1530, 1540), (len(whole) - 5, len(whole))):
        part = anybody.get(path, range=f"bytes={start}-{end - 1}")
        assert (part.status_code, part.content) == (206, whole[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(whole)}"
    assert anybody.get(path, range=f"bytes={len(whole)}-").status_code == 416


def test_the_command_line_gives_the_same_digest(registry: TeamStudio, versions: Repo, tmp_path: Path) -> None:
    for name in ("plain", "single", "data"):
        for shape, start in (("modelpack", ""), ("modelcar", "modelcar/")):
            out = tmp_path / f"{shape}-{name}"
            words = ("build", "oci", f"{name}@v1.0.0", "-o", str(out), "--format", shape)
            digest = done(versions.gto(*words)).split()[0]
            answer = Puller(registry).get(f"{start}team/{name}/manifests/v1.0.0")
            assert answer.headers["docker-content-digest"] == digest


def test_tags_are_versions_stages_and_latest(registry: TeamStudio, versions: Repo) -> None:
    for version in ("v2.0.0+b.5", "v3.0.0"):
        commit = versions.commit(version, {"plain/more.txt": version})
        done(versions.gto("register", "plain", commit, "--version", version))
    for stage in ("prod", "eu/prod", "my_stage"):
        done(versions.gto("assign", "plain", "--version", "v2.0.0+b.5", "--stage", stage))
    done(versions.gto("deprecate", "plain", "v3.0.0"))
    registry.sync()
    anybody = Puller(registry)
    told = anybody.get("team/plain/tags/list").json()
    assert told == {"name": "team/plain", "tags": ["latest", "my_stage", "prod", "v1.0.0", "v2.0.0_b.5"]}
    digests = {tag: anybody.get(f"team/plain/manifests/{tag}").headers["docker-content-digest"] for tag in told["tags"]}
    assert len({digests[tag] for tag in ("latest", "prod", "my_stage", "v2.0.0_b.5")}) == 1
    assert anybody.error("team/plain/manifests/v3.0.0")[:2] == (404, "MANIFEST_UNKNOWN")
    first = anybody.get("team/plain/tags/list?n=2")
    assert first.json()["tags"] == ["latest", "my_stage"]
    assert first.headers["link"] == '</v2/team/plain/tags/list?n=2&last=my_stage>; rel="next"'
    assert anybody.get("team/plain/tags/list?n=9&last=prod").json()["tags"] == ["v1.0.0", "v2.0.0_b.5"]


def test_nobody_learns_of_a_repository_that_is_not_theirs(registry: TeamStudio) -> None:
    anybody, insider = Puller(registry), puller(registry, "ada", "vault")
    manifest = insider.manifest("secret/single", "latest")
    digest = insider.get("secret/single/manifests/latest").headers["docker-content-digest"]
    layer = manifest["layers"][0]["digest"]
    assert insider.get(f"secret/single/blobs/{layer}").content == MODEL
    unknown = anybody.error("nowhere/single/manifests/latest")
    for path in ("manifests/latest", f"manifests/{digest}", f"blobs/{layer}", "tags/list"):
        for start in ("", "modelcar/"):
            told = anybody.error(f"{start}secret/single/{path}")
            assert told[:2] == unknown[:2] == (404, "NAME_UNKNOWN")
            assert told[2].replace("secret", "nowhere") == anybody.error(f"{start}nowhere/single/{path}")[2]
    assert insider.get("_catalog").json()["repositories"] == sorted(
        f"{start}{repo}/{name}"
        for start in ("", "modelcar/")
        for repo in ("secret", "team")
        for name in ("data", "plain", "single")
    )
    assert anybody.get("_catalog").json()["repositories"] == [
        *(f"modelcar/team/{name}" for name in ("data", "plain", "single")),
        *(f"team/{name}" for name in ("data", "plain", "single")),
    ]


def test_a_digest_opens_only_what_it_was_made_of(registry: TeamStudio) -> None:
    anybody, insider = Puller(registry), puller(registry, "ada", "vault")
    digest = insider.get("secret/single/manifests/latest").headers["docker-content-digest"]
    layer = insider.manifest("secret/single", "latest")["layers"][0]["digest"]
    for name in ("team/single", "team/plain", "modelcar/team/single"):  # of the same bytes, and not made yet
        assert anybody.error(f"{name}/blobs/{layer}")[:2] == (404, "BLOB_UNKNOWN")
        assert anybody.error(f"{name}/manifests/{digest}")[:2] == (404, "MANIFEST_UNKNOWN")
    assert insider.error("secret/single/blobs/sha256:short")[0] == 400


def test_a_client_is_led_to_a_token_and_gets_what_it_came_with(registry: TeamStudio) -> None:
    client = registry.browser().client
    asked = client.get("/v2/secret/single/manifests/latest")
    assert asked.headers["www-authenticate"] == (
        f'Bearer realm="{URL}/token",service="gto-studio",scope="repository:secret/single:pull"'
    )
    assert (asked.status_code, asked.json()["errors"][0]["code"]) == (401, "UNAUTHORIZED")
    assert client.get("/v2/").headers["www-authenticate"] == f'Bearer realm="{URL}/token",service="gto-studio"'
    assert client.get("/token").json()["token"] == Puller(registry).token
    given = puller(registry, "ada", "vault").token

    def basic(user: str, password: str) -> dict[str, str]:
        return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}

    answer = client.get("/token?service=gto-studio&scope=repository:secret/single:pull", headers=basic("ada", given))
    assert answer.json()["token"] == answer.json()["access_token"] == given
    assert answer.headers["cache-control"] == "no-store"
    for wrong in (basic("ada", "no token"), basic("ada", "gto_wrong"), {"authorization": "Bearer gto_wrong"}):
        assert client.get("/token", headers=wrong).status_code == 401
    assert client.get("/v2/", headers=basic("ada", given)).json() == {}


def test_without_anything_public_anybody_is_refused_a_token(versions: Repo, tmp_path: Path) -> None:
    with team_studio({"team": (versions.path, ["lab"])}, tmp_path / "private.db") as studio:
        client = studio.browser().client
        for path in ("/token", "/v2/", "/v2/team/single/tags/list"):
            answer = client.get(path, headers={"accept": "text/html"})
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "UNAUTHORIZED")
            assert answer.headers["www-authenticate"].startswith(f'Bearer realm="{URL}/token"')
        assert puller(studio, "ada", "lab").get("team/single/tags/list").status_code == 200


def test_below_a_path_a_proxy_can_lead_to_it(versions: Repo, tmp_path: Path) -> None:
    places = {"team": (versions.path, ["open"])}
    with team_studio(places, tmp_path / "team.db", public=("open",), url=f"{URL}/ml") as studio:
        client = studio.browser().client
        asked = client.get("/ml/v2/")  # where the proxy has `/v2/` lead
        assert asked.headers["www-authenticate"].startswith(f'Bearer realm="{URL}/ml/token"')
        told = {"authorization": f"Bearer {client.get('/ml/token').json()['token']}"}
        answer = client.get("/ml/v2/team/plain/tags/list?n=1", headers=told)
        assert answer.headers["link"].startswith("</v2/team/plain/tags/list?")


def test_whoever_pushes_is_told_where_versions_come_from(registry: TeamStudio) -> None:
    for method, path in (("POST", "blobs/uploads/"), ("PUT", "manifests/v9"), ("DELETE", "manifests/v9")):
        for who in (Puller(registry), puller(registry, f"{method.lower()}", "open", "admin")):
            status, code, message = who.error(f"team/single/{path}", method)
            assert (status, code) == (405, "UNSUPPORTED")
            assert "gto register" in message
    assert Puller(registry).error("team/single/manifests/latest", "OPTIONS")[:2] == (405, "UNSUPPORTED")


def test_names_that_clash_are_told(registry: TeamStudio, versions: Repo) -> None:
    versions.commit("clash", {"artifacts.yaml": "a/B: {path: plain}\na/b: {path: plain}\n"})
    for name in ("a/B", "a/b"):
        done(versions.gto("register", name, "--version", "v1.0.0", "--allow-second-version"))
    registry.sync()
    status, code, message = Puller(registry).error("team/a/b/tags/list")
    assert (status, code) == (404, "NAME_UNKNOWN")
    assert "'a/B' of 'team' or 'a/b' of 'team'" in message


def test_a_digest_survives_a_new_index_a_restart_and_another_release(
    versions: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"team": (versions.path, ["open"])}
    with ExitStack() as stack:
        first = stack.enter_context(team_studio(places, tmp_path / "team.db", public=("open",)))
        before = {name: Puller(first).get(f"{name}/manifests/v1.0.0") for name in ("team/plain", "modelcar/team/plain")}
        monkeypatch.setattr(making, "plan_modelpack", None)  # another release packs in another way
        monkeypatch.setattr(making, "plan_layers", None)
        second = stack.enter_context(team_studio(places, tmp_path / "team.db", public=("open",)))
        second.team.database.make_anew()
        second.context.worker.enter()
        second.sync()
        for name, answer in before.items():
            digest = answer.headers["docker-content-digest"]
            for reference in ("v1.0.0", digest):
                assert Puller(second).get(f"{name}/manifests/{reference}").content == answer.content
            for layer in answer.json()["layers"]:
                blob = Puller(second).get(f"{name}/blobs/{layer['digest']}").content
                assert f"sha256:{hashlib.sha256(blob).hexdigest()}" == layer["digest"]


def test_of_two_who_make_an_artifact_at_once_the_first_counts(registry: TeamStudio) -> None:
    lasting = registry.team.database.lasting
    origin = ArtifactOrigin("team", "single", "v1.0.0", "c" * 40, "modelpack")
    blobs = {digest_of(b"x"): BlobPlan((b"x", PackedFile("ä/b", 3, is_executable=True)))}
    with ThreadPoolExecutor(4) as pool:
        made = [PlannedArtifact(f"manifest {number}".encode(), "", blobs) for number in range(4)]
        list(pool.map(lambda one: keep(lasting, origin, one), made))
    book = ArtifactBook(lasting, *origin[:2], "modelpack")
    found = book.find_of_version("v1.0.0", "c" * 40)
    assert found is not None
    assert [found.body, found.digest] in [[one.manifest, one.digest] for one in made]
    blob = book.find_blob(digest_of(b"x"), lambda commit: commit == "c" * 40)
    assert blob is not None
    assert blob.plan == blobs[digest_of(b"x")]
    assert book.find_blob(digest_of(b"x"), lambda _: False) is None


def test_another_repository_of_the_same_name_has_no_digest_of_the_first(versions: Repo, tmp_path: Path) -> None:
    places, path = {"team": (versions.path, ["open"])}, tmp_path / "team.db"
    with team_studio(places, path, public=("open",)) as first, ExitStack() as stack:
        manifest = Puller(first).get("team/single/manifests/latest")
        versions.git("checkout", "--quiet", "--orphan", "other")
        versions.commit("other", {"artifacts.yaml": "single: {path: m}\n", "m": "m"})
        versions.git("tag", "-d", *versions.git("tag").split())
        done(versions.gto("register", "single", "--version", "v9.0.0"))
        second = stack.enter_context(team_studio(places, path, public=("open",)))
        digest = manifest.headers["docker-content-digest"]
        assert Puller(second).error(f"team/single/manifests/{digest}")[:2] == (404, "MANIFEST_UNKNOWN")
        layer = manifest.json()["layers"][0]["digest"]
        assert Puller(second).error(f"team/single/blobs/{layer}")[:2] == (404, "BLOB_UNKNOWN")


def test_what_takes_long_is_said_to_be_prepared_and_is_there_later(registry: TeamStudio) -> None:
    may_go_on, maker = Event(), ArtifactMaker(patience=0.01)
    registry.app.state.artifact_maker = maker
    occupy(maker, 2, may_go_on)
    told = Puller(registry).error("team/single/manifests/latest")
    assert told[:2] == (404, "MANIFEST_UNKNOWN")
    assert "is being prepared" in told[2]
    may_go_on.set()
    maker.patience = 60.0
    assert Puller(registry).get("team/single/manifests/latest").status_code == 200


def test_what_is_new_in_a_stage_is_made_before_it_is_pulled(registry: TeamStudio, versions: Repo) -> None:
    state = registry.app.state
    preparer = ArtifactPreparer(state.everything, state.artifact_maker, state.downloads)
    assert Puller(registry).get("modelcar/team/plain/manifests/latest").status_code == 200
    commit = versions.commit("more", {"plain/more.txt": "more"})
    done(versions.gto("register", "plain", commit, "--version", "v1.1.0"))
    done(versions.gto("register", "single", commit, "--version", "v1.1.0"))
    registry.sync()
    preparer.look()
    state.artifact_maker.wait(60)
    with registry.team.database.read() as connection:
        query = select(oci_manifest.c.artifact, oci_manifest.c.version, oci_manifest.c.shape)
        made = sorted(tuple(row) for row in connection.execute(query))
    assert made == [("plain", "v1.0.0", "modelcar"), ("plain", "v1.1.0", "modelcar")]


def test_what_cannot_be_made_is_told_and_is_no_fault_of_the_server(registry: TeamStudio, tmp_path: Path) -> None:
    for one in (tmp_path / "store").rglob("*"):
        if one.is_file():
            one.unlink()
    for _ in range(2):
        told = Puller(registry).error("team/single/manifests/latest")
        assert told[:2] == (404, "MANIFEST_UNKNOWN")
        assert "cannot be packed" in told[2]


def test_strangers_leave_room_for_who_is_known(registry: TeamStudio) -> None:
    maker, may_go_on = ArtifactMaker(patience=0.0), Event()
    registry.app.state.artifact_maker = maker
    occupy(maker, 20, may_go_on)
    assert Puller(registry).error("team/plain/manifests/latest")[:2] == (429, "TOOMANYREQUESTS")
    assert puller(registry, "ada", "open").error("team/plain/manifests/latest")[:2] == (404, "MANIFEST_UNKNOWN")
    may_go_on.set()


def test_a_deprecated_person_pulls_nothing(registry: TeamStudio) -> None:
    known = puller(registry, "ada", "vault")
    assert known.get("secret/single/tags/list").status_code == 200
    admin = registry.logged_in("root", Role.ADMIN)
    assert admin.form("/people/ada/active", active="").status_code in {200, 303}
    assert known.get("secret/single/tags/list").status_code == 401


def test_one_s_own_studio_is_a_registry_for_who_has_its_token(versions: Repo, tmp_path: Path) -> None:
    key = "gto_of_this_studio_and_long_enough"
    with studio_of({"team": versions.path}, tmp_path / "index.db") as mine:
        before = [Middleware(Guard, sessions=Sessions(key=key), hosts=frozenset({HOST}))]
        client = TestClient(make_app(mine.context, before), base_url=f"http://{HOST}")
        asked = client.get("/v2/team/plain/manifests/latest")
        assert asked.headers["www-authenticate"].startswith(f'Bearer realm="http://{HOST}/token"')
        basic = base64.b64encode(f"me:{key}".encode()).decode()
        token = client.get("/token", headers={"authorization": f"Basic {basic}"}).json()["token"]
        told = client.get("/v2/team/plain/manifests/latest", headers={"authorization": f"Bearer {token}"})
        assert told.status_code == 200
        for layer in told.json()["layers"]:
            path = f"/v2/team/plain/blobs/{layer['digest']}"
            blob = client.get(path, headers={"authorization": f"Bearer {token}"})
            assert digest_of(blob.content) == layer["digest"]
        assert client.get("/token").status_code == 401
        assert mine.client.get("/v2/_catalog").status_code == 200  # with its session

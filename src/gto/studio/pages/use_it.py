"""How to get a version from somewhere: from Git by a shell, Python, DVC, Docker; from Studio by others' clients."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from gto.core.snapshot import VersionState
from gto.export.mlflow.model_names import to_mlflow
from gto.oci.artifact import tag_of_version
from gto.studio.index.lookup import FoundRepository
from gto.studio.index.repository_rows import public_address
from gto.studio.protocols.artifact_names import to_hub, to_oci


class Snippet(NamedTuple):
    """How to get the version from somewhere."""

    name: str
    code: str

    @property
    def anchor(self) -> str:
        """What its link leads to."""
        return f"use-{re.sub('[^a-z]', '', self.name.lower())}"


class UsedVersion(NamedTuple):
    """A version that somebody wants."""

    repo: FoundRepository
    name: str
    version: VersionState
    lineage: Mapping[str, object] | None
    site: str
    """The address of this Studio."""
    is_of_team: bool
    """Whether it is a team's, whose people have tokens of their own."""
    is_known_model: bool = False
    """Whether facts of a model were recorded with it: then GTO serves and packs it."""


def snippets(used: UsedVersion) -> Iterator[Snippet]:
    """Yield the ways that work: from Git for who knows where the repository is, from Studio for registered versions."""
    if used.repo.address != used.repo.name:  # else it is in a directory of the server, which they may not know
        yield from _from_git(used)
        if used.is_known_model and used.version.is_registered:
            yield from _running(used)
    if used.version.is_registered:
        yield from _from_studio(used)


def _running(used: UsedVersion) -> Iterator[Snippet]:
    """Yield the ways to have a model answer: here, and in a container."""
    asked = shlex.join([f"{used.name}@{used.version.name}", "-r", used.repo.address])
    yield Snippet("Serve", f"gto serve {asked}")
    image = to_oci(used.name)
    place = f"{image.rpartition('/')[2]}-image"
    tag = f"{image}:{tag_of_version(used.version.name)}"
    yield Snippet("Image", f"gto build docker {asked} -o {place}\ndocker build --tag {tag} {place}")


def _from_git(used: UsedVersion) -> Iterator[Snippet]:
    """Yield the ways of DVC and curl for what DVC keeps, a Dockerfile for what a URL names."""
    repo, name, version, lineage, *_ = used
    if version.is_registered:
        selector, rev = f"{name}@{version.name}", ""
        tag = version.registrations[-1].ref
    else:
        selector, rev, tag = name, version.commit, version.commit
    words = [selector, "-r", repo.address, *(["--rev", rev] if rev else [])]
    asked = shlex.join(words)
    yield Snippet("gto", f"gto get {asked}")
    more = f", rev={rev!r}" if rev else ""
    yield Snippet("Python", f"import gto.api\n\ngto.api.get({repo.address!r}, {selector!r}{more})")
    home = lineage.get("kept_in") if lineage else None
    path = str(lineage.get("path")) if lineage else ""
    if home in {"dvc", "git"}:
        yield Snippet("DVC", shlex.join(["dvc", "get", "--rev", tag, repo.address, path]))
    if home == "dvc":
        yield Snippet("curl", f"gto url --sign {asked} | xargs -n 1 curl -fLO")
    if repo.is_remote and public_address(repo.address):
        yield Snippet("Docker", f"FROM python:3.12\nRUN pip install gto && gto get {asked} -o /model")


def _from_studio(used: UsedVersion) -> Iterator[Snippet]:
    """Yield the ways of clients that take Studio for a server of their own; each wants a token."""
    repo, name, version, site = used.repo.name, used.name, used.version.name, used.site
    token = "a token of your account" if used.is_of_team else "the GTO_STUDIO_TOKEN that Studio was started with"
    first = f"export GTO_TOKEN=...  # {token}\n"
    archive = f"{site}/dl/" + "/".join(quote(one, safe="") for one in (repo, name, f"{version}.tar.gz"))
    bearer = '-H "Authorization: Bearer $GTO_TOKEN"'
    yield Snippet("HTTP", f"{first}curl -fLOJ {bearer} {shlex.quote(archive)}")
    python = f"import mlflow; print(mlflow.artifacts.download_artifacts({f'models:/{to_mlflow(name)}/{version}'!r}))"
    registry = f"{_with_token(site)}/mlflow/{quote(repo)}"
    yield Snippet("MLflow", f"{first}export MLFLOW_TRACKING_URI={registry}\npython -c {shlex.quote(python)}")
    slug = to_hub(name)
    download = shlex.join(["hf", "download", f"{to_hub(repo)}/{slug}", "--revision", version, "--local-dir", slug])
    yield Snippet("Hugging Face", f"{first}export HF_ENDPOINT={site}/hf HF_TOKEN=$GTO_TOKEN\n{download}")
    image = f"docker://{urlsplit(site).netloc}/{to_oci(repo)}/{to_oci(name)}:{tag_of_version(version)}"
    layout = f"oci:{to_oci(name).rpartition('/')[2]}-oci"
    no_tls = "" if site.startswith("https:") else "--src-tls-verify=false "
    yield Snippet("OCI", f'{first}skopeo copy {no_tls}--src-creds "x:$GTO_TOKEN" {image} {layout}')
    if used.is_of_team:
        get = shlex.join(["dvc", "artifacts", "get", repo, name, "--rev", version])
        yield Snippet("DVC through Studio", f"{first}export DVC_STUDIO_URL={site}/ DVC_STUDIO_TOKEN=$GTO_TOKEN\n{get}")


def _with_token(site: str) -> str:
    """Return an address with the token as its password, as a shell takes it."""
    scheme, _, rest = site.partition("://")
    return f"{scheme}://x:$GTO_TOKEN@{rest}"

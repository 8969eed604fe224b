"""Real DVC projects of every layout, built by the real `dvc`; this file runs in the environment that has DVC.

It is a script: `layouts.py PLACE` builds one Git repository a layout under PLACE, runs `dvc get` for each, and writes
what came of it as JSON to PLACE/results.json. All commands run in one process: starting DVC a few hundred times would
take minutes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.cli import main as dvc_main  # type: ignore[import-not-found]  # it is not there where mypy runs

if TYPE_CHECKING:
    from collections.abc import Callable

MADE: dict[str, Callable[[Path], str]] = {}
KEEP_CACHE = {"a_project_without_a_remote", "an_output_that_is_never_pushed"}
UNPUSHED = {
    "a_version_of_a_file_in_s3",
    "a_lock_of_form_1",
    "a_file_of_dvc_2",
    "a_directory_of_dvc_2",
    "a_stage_that_was_removed",
}
"""Layouts that have pushed what they have, and then did what DVC cannot push any more."""
TEXT = "one line\r\nanother line\r\n"


def layout(function: Callable[[Path], str]) -> Callable[[Path], str]:
    """Note a function that makes a project in an empty Git repository, and returns the path to get."""
    MADE[function.__name__] = function
    return function


def dvc(*args: str) -> None:
    """Run a DVC command here."""
    words = io.StringIO()
    with contextlib.redirect_stderr(words), contextlib.redirect_stdout(words):
        code = dvc_main(list(args))
    if code:
        raise RuntimeError(f"dvc {' '.join(args)}: {words.getvalue()}")


def git(*args: str) -> str:
    """Run git here."""
    return subprocess.run(["git", *args], check=True, capture_output=True, text=True).stdout.strip()


def write(name: str, text: str | bytes = "content\n") -> None:
    """Write a file."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def begin(remote: str | None = "../storage") -> None:
    """Make a DVC project with a remote beside it."""
    dvc("init")
    if remote:
        dvc("remote", "add", "--default", "storage", remote)


def tree(directory: str) -> None:
    """Write a directory of several levels."""
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.bin"):
        write(f"{directory}/{name}", f"{directory} {name}\n")


def repro(text: str, **files: str) -> None:
    """Write and run a pipeline."""
    write("dvc.yaml", text)
    for name, content in files.items():
        write(name.replace("__", "."), content)
    dvc("repro")


# --- Git alone


@layout
def a_file_in_git(_: Path) -> str:
    write("models/model.pkl", b"\x80\x04binary\n")
    return "models/model.pkl"


@layout
def a_directory_in_git(_: Path) -> str:
    tree("model")
    os.chmod("model/a.txt", 0o700)
    return "model"


@layout
def a_link_to_a_file(_: Path) -> str:
    write("models/v1.pkl")
    os.symlink("v1.pkl", "models/latest.pkl")
    return "models/latest.pkl"


@layout
def a_file_in_git_of_a_dvc_project(_: Path) -> str:
    begin()
    write("model.txt")
    return "model.txt"


@layout
def a_git_directory_with_a_pipeline_in_it(_: Path) -> str:
    begin()
    Path("model").mkdir()
    with contextlib.chdir("model"):
        repro("stages:\n  t:\n    cmd: echo x > made.pkl\n    outs: [made.pkl]\n")
    write("model/sub/readme.md")
    write("model/sub/.dvcignore", "*.tmp\n")
    return "model"


@layout
def a_whole_repository(_: Path) -> str:
    begin()
    write("model.pkl")
    dvc("add", "model.pkl")
    write("docs/readme.md", "in Git\n")
    return "."


@layout
def a_git_directory_with_files_that_dvc_ignores(_: Path) -> str:
    begin()
    write(".dvcignore", "*.tmp\n")
    write("model/a.txt")
    write("model/b.tmp")
    return "model"


@layout
def a_tracked_directory_with_files_that_dvc_ignores(_: Path) -> str:
    begin()
    write(".dvcignore", "*.tmp\n")
    write("data/a.txt")
    write("data/b.tmp")
    dvc("add", "data")
    return "data"


# --- .dvc files


@layout
def a_dvc_file(_: Path) -> str:
    begin()
    write("model.pkl", TEXT)
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_dvc_file_in_a_subdirectory(_: Path) -> str:
    begin()
    write("models/eu/model.pkl")
    dvc("add", "models/eu/model.pkl")
    return "models/eu/model.pkl"


@layout
def a_tracked_directory(_: Path) -> str:
    begin()
    tree("data")
    dvc("add", "data")
    return "data"


@layout
def a_file_inside_a_tracked_directory(_: Path) -> str:
    begin()
    tree("data")
    dvc("add", "data")
    return "data/sub/b.txt"


@layout
def a_directory_inside_a_tracked_directory(_: Path) -> str:
    begin()
    tree("data")
    dvc("add", "data")
    return "data/sub"


@layout
def a_git_directory_with_dvc_files_in_it(_: Path) -> str:
    begin()
    write("models/readme.md", "in Git\n")
    write("models/model.pkl", "in DVC\n")
    tree("models/weights")
    dvc("add", "models/model.pkl", "models/weights")
    return "models"


@layout
def a_name_with_blanks_and_umlauts(_: Path) -> str:
    begin()
    write("my models/größe 1.pkl")
    dvc("add", "my models/größe 1.pkl")
    return "my models/größe 1.pkl"


@layout
def an_empty_file(_: Path) -> str:
    begin()
    write("empty", "")
    dvc("add", "empty")
    return "empty"


@layout
def a_dvc_file_of_another_name(_: Path) -> str:
    begin()
    write("model.pkl")
    write("tracked/placeholder")
    write("model.pkl")
    dvc("add", "model.pkl")
    text = Path("model.pkl.dvc").read_text(encoding="utf-8")
    Path("model.pkl.dvc").unlink()
    write("tracked/other.dvc", text + "wdir: ..\n")
    dvc("push")
    return "model.pkl"


# --- layouts of before DVC 3


def as_dvc_2(file: str, objects: Path) -> None:
    """Rewrite a DVC file, and move the objects of a remote, as DVC 2 had them."""
    path = Path(file)
    path.write_text(path.read_text(encoding="utf-8").replace("  hash: md5\n", ""), encoding="utf-8")
    for found in sorted((objects / "files" / "md5").glob("*/*")):
        new = objects / found.parent.name / found.name
        new.parent.mkdir(parents=True, exist_ok=True)
        found.rename(new)
    shutil.rmtree(objects / "files")


@layout
def a_file_of_dvc_2(place: Path) -> str:
    begin()
    write("model.pkl")
    dvc("add", "model.pkl")
    dvc("push")
    as_dvc_2("model.pkl.dvc", place / "storage")
    shutil.rmtree(".dvc/cache")
    return "model.pkl"


@layout
def a_text_with_carriage_returns_of_dvc_2(place: Path) -> str:
    from dvc_data.hashfile.hash import fobj_md5  # type: ignore[import-not-found]  # as above

    begin()
    value = fobj_md5(io.BytesIO(TEXT.encode()), name="md5-dos2unix")
    write("model.txt.dvc", f"outs:\n- md5: {value}\n  size: {len(TEXT)}\n  path: model.txt\n")
    write(str(place / "storage" / value[:2] / value[2:]), TEXT)
    return "model.txt"


@layout
def a_directory_of_dvc_2(place: Path) -> str:
    begin()
    tree("data")
    dvc("add", "data")
    dvc("push")
    as_dvc_2("data.dvc", place / "storage")
    shutil.rmtree(".dvc/cache")
    return "data"


# --- pipelines

STAGE = """\
stages:
  train:
    cmd: mkdir -p out && echo trained > out/model.pkl && echo 1 > metrics.json
    outs:
    - out/model.pkl
    metrics:
    - metrics.json:
        cache: false
"""


@layout
def an_output_of_a_stage(_: Path) -> str:
    begin()
    repro(STAGE)
    return "out/model.pkl"


@layout
def an_output_that_is_not_cached(_: Path) -> str:
    begin()
    repro(STAGE)
    return "metrics.json"


@layout
def a_lock_of_form_1(_: Path) -> str:
    begin()
    repro(STAGE.replace("cmd: ", "cmd: true && "))
    lock = Path("dvc.lock").read_text(encoding="utf-8")
    assert lock.startswith("schema: '2.0'\nstages:\n")
    body = lock.removeprefix("schema: '2.0'\nstages:\n").splitlines()
    dvc("push")
    write("dvc.lock", "".join(f"{line[2:]}\n" for line in body))
    return "out/model.pkl"


@layout
def a_stage_with_wdir(_: Path) -> str:
    begin()
    write("work/keep", "")
    repro("stages:\n  train:\n    wdir: work\n    cmd: echo here > model.pkl\n    outs: [model.pkl]\n")
    return "work/model.pkl"


@layout
def a_foreach_over_a_list(_: Path) -> str:
    begin()
    text = """\
stages:
  train:
    foreach: [de, fr]
    do:
      cmd: echo ${item} > ${item}.pkl
      outs: ["${item}.pkl"]
"""
    repro(text)
    return "fr.pkl"


@layout
def a_foreach_with_a_templated_wdir(_: Path) -> str:
    begin()
    write("de/keep", "")
    write("fr/keep", "")
    text = """\
stages:
  train:
    foreach: ${countries}
    do:
      wdir: ${item.dir}
      cmd: echo ${key} > model.pkl
      outs: [model.pkl]
"""
    repro(text, params__yaml="countries:\n  germany: {dir: de}\n  france: {dir: fr}\n")
    return "fr/model.pkl"


@layout
def a_matrix_with_a_templated_wdir(_: Path) -> str:
    begin()
    for name in ("small", "large"):
        write(f"mx/{name}/keep", "")
    text = """\
stages:
  train:
    matrix:
      size: [small, large]
      kind: [a, b]
    wdir: mx/${item.size}
    cmd: echo ${item.size} ${item.kind} > ${item.kind}.pkl
    outs: ["${item.kind}.pkl"]
"""
    repro(text)
    return "mx/large/b.pkl"


@layout
def a_matrix_of_mappings(_: Path) -> str:
    begin()
    write("w-1/keep", "")
    write("w-2/keep", "")
    text = """\
vars:
- base: w
stages:
  train:
    matrix:
      part: [{n: 1}, {n: 2}]
    wdir: ${base}-${item.part.n}
    cmd: echo ${key} > model.pkl
    outs: [model.pkl]
"""
    repro(text)
    return "w-2/model.pkl"


@layout
def an_output_with_its_own_remote(place: Path) -> str:
    begin()
    dvc("remote", "add", "special", str(place / "special"))
    repro("stages:\n  t:\n    cmd: echo x > m.pkl\n    outs:\n    - m.pkl:\n        remote: special\n")
    return "m.pkl"


@layout
def a_pipeline_in_a_subdirectory(_: Path) -> str:
    begin()
    Path("pipelines/eu").mkdir(parents=True)
    with contextlib.chdir("pipelines/eu"):
        repro(STAGE)
    return "pipelines/eu/out/model.pkl"


@layout
def plots_and_metrics_in_the_cache(_: Path) -> str:
    begin()
    text = """\
stages:
  t:
    cmd: echo '[]' > p.json
    plots:
    - p.json:
        x: x
"""
    repro(text)
    return "p.json"


@layout
def a_directory_that_a_stage_makes(_: Path) -> str:
    begin()
    repro("stages:\n  t:\n    cmd: mkdir -p d/e && echo 1 > d/one && echo 2 > d/e/two\n    outs: [d]\n")
    return "d"


@layout
def a_foreach_over_mappings_in_a_list(_: Path) -> str:
    begin()
    write("w1/keep", "")
    write("w2/keep", "")
    text = """\
vars: [names.yaml:places]
stages:
  train:
    foreach: ${places}
    do:
      vars: [{file: model}]
      wdir: ${item.dir}
      cmd: echo ${item.dir} > ${file}.pkl
      outs: ["${file}.pkl"]
"""
    repro(text, names__yaml="places: [{dir: w1}, {dir: w2}]\n")
    return "w2/model.pkl"


@layout
def an_output_that_is_never_pushed(_: Path) -> str:
    begin()
    repro("stages:\n  t:\n    cmd: echo x > m.pkl\n    outs:\n    - m.pkl:\n        push: false\n")
    return "m.pkl"


@layout
def a_stage_that_was_removed(_: Path) -> str:
    begin()
    repro(STAGE)
    dvc("push")
    write("dvc.yaml", "stages: {}\n")
    return "out/model.pkl"


# --- remotes and projects


@layout
def a_project_without_a_remote(_: Path) -> str:
    begin(None)
    tree("data")
    dvc("add", "data")
    return "data"


@layout
def a_remote_whose_name_has_capitals(place: Path) -> str:
    begin(None)
    dvc("remote", "add", "--default", "Storage", str(place / "storage"))
    write("model.pkl")
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_remote_that_builds_upon_another(place: Path) -> str:
    begin(None)
    dvc("remote", "add", "base", f"file://{place}/storage")
    write(".dvc/config", "[core]\n    remote = nested\n" + f"['remote \"base\"']\n    url = {place}/storage\n"
          "['remote \"nested\"']\n    url = remote://base/below/this\n")  # fmt: skip
    write("model.pkl")
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_remote_of_the_local_configuration(place: Path) -> str:
    begin(None)
    dvc("remote", "add", "--local", "--default", "secret", str(place / "storage"))
    write("model.pkl")
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_cache_elsewhere(place: Path) -> str:
    begin()
    dvc("config", "cache.dir", str(place / "shared-cache"))
    write("model.pkl")
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_project_in_a_subdirectory(place: Path) -> str:
    Path("team").mkdir()
    with contextlib.chdir("team"):
        dvc("init", "--subdir")
        dvc("remote", "add", "--default", "storage", str(place / "storage"))
        write("model.pkl")
        dvc("add", "model.pkl")
        dvc("push")
    return "team/model.pkl"


@layout
def a_project_inside_of_another(place: Path) -> str:
    begin("../outer")
    return a_project_in_a_subdirectory(place)


@layout
def a_remote_behind_http(_: Path) -> str:
    begin(os.environ["LAYOUTS_HTTP"])
    dvc("remote", "modify", "storage", "method", "PUT")
    tree("data")
    dvc("add", "data")
    return "data"


@layout
def a_file_imported_from_http(_: Path) -> str:
    begin()
    address = os.environ["LAYOUTS_HTTP"] + "/outside.txt"
    asked = urllib.request.Request(address, b"from the web\n", method="PUT")  # noqa: S310  our own server
    urllib.request.urlopen(asked).close()  # noqa: S310
    dvc("import-url", address, "inside.txt")
    return "inside.txt"


# --- S3


def begin_in_s3(directory: str, *, versions: bool = False) -> None:
    """Make a DVC project whose remote is a directory of the bucket `models`, which keeps versions."""
    dvc("init")
    dvc("remote", "add", "--default", "cloud", f"s3://models/{directory}")
    endpoint, key, secret = os.environ["LAYOUTS_S3"].split(" ")
    dvc("remote", "modify", "cloud", "endpointurl", endpoint)
    dvc("remote", "modify", "--local", "cloud", "access_key_id", key)
    dvc("remote", "modify", "--local", "cloud", "secret_access_key", secret)
    if versions:
        dvc("remote", "modify", "cloud", "version_aware", "true")


@layout
def a_file_in_s3(_: Path) -> str:
    begin_in_s3("plain-file")
    write("model.pkl")
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_directory_in_s3(_: Path) -> str:
    begin_in_s3("plain-directory")
    tree("data")
    dvc("add", "data")
    return "data"


@layout
def a_version_of_a_file_in_s3(_: Path) -> str:
    begin_in_s3("versions", versions=True)
    write("models/model.pkl", "the first version\n")
    dvc("add", "models/model.pkl")
    dvc("push")
    text = Path("models/model.pkl.dvc").read_text(encoding="utf-8")
    write("models/model.pkl", "another version\n")
    dvc("add", "models/model.pkl")
    dvc("push")
    write("models/model.pkl.dvc", text)
    return "models/model.pkl"


@layout
def versions_of_a_directory_in_s3(_: Path) -> str:
    begin_in_s3("versions-of-a-directory", versions=True)
    tree("data")
    dvc("add", "data")
    return "data"


@layout
def an_output_of_a_stage_in_versions_in_s3(_: Path) -> str:
    begin_in_s3("versions-of-stages", versions=True)
    repro("stages:\n  t:\n    cmd: mkdir -p d/e && echo 1 > d/one && echo 2 > d/e/two\n    outs: [d]\n")
    return "d/e"


@layout
def a_file_imported_from_s3(_: Path) -> str:
    begin_in_s3("imports")
    write("model.pkl", "imported from S3\n")
    dvc("add", "model.pkl")
    dvc("push")
    (value,) = (line.split(": ")[1] for line in Path("model.pkl.dvc").read_text().splitlines() if "md5: " in line)
    dvc("import-url", f"remote://cloud/files/md5/{value[:2]}/{value[2:]}", "imported.pkl")
    return "imported.pkl"


# --- Azure, SSH and Git LFS


class LackingError(Exception):
    """A server that is not on this machine."""


def told(variable: str) -> list[str]:
    """Return what the tests say of a server."""
    text = os.environ[variable]
    if not text:
        raise LackingError(f"no server for {variable}")
    return text.split(" ")


def begin_in_azure(directory: str) -> None:
    """Make a DVC project whose remote is a directory of the container `models`."""
    (connection,) = told("LAYOUTS_AZURE")
    dvc("init")
    dvc("remote", "add", "--default", "cloud", f"azure://models/{directory}")
    dvc("remote", "modify", "--local", "cloud", "connection_string", connection)


@layout
def a_file_in_azure(_: Path) -> str:
    begin_in_azure("plain-file")
    write("model.pkl")
    dvc("add", "model.pkl")
    return "model.pkl"


@layout
def a_directory_in_azure(_: Path) -> str:
    begin_in_azure("plain-directory")
    tree("data")
    write("data/empty", "")
    dvc("add", "data")
    return "data"


@layout
def a_file_imported_from_azure(_: Path) -> str:
    begin_in_azure("imports")
    write("model.pkl", "imported from Azure\n")
    dvc("add", "model.pkl")
    dvc("push")
    (value,) = (line.split(": ")[1] for line in Path("model.pkl.dvc").read_text().splitlines() if "md5: " in line)
    dvc("import-url", f"remote://cloud/files/md5/{value[:2]}/{value[2:]}", "imported.pkl")
    return "imported.pkl"


def begin_in_ssh(place: Path) -> None:
    """Make a DVC project whose remote is a directory of a machine behind SSH: this one."""
    user, port, key = told("LAYOUTS_SSH")
    dvc("init")
    dvc("remote", "add", "--default", "far", f"ssh://127.0.0.1{place}/far")
    for option, value in (("user", user), ("port", port), ("keyfile", key), ("allow_agent", "false")):
        dvc("remote", "modify", "--local", "far", option, value)


@layout
def a_file_behind_ssh(place: Path) -> str:
    begin_in_ssh(place)
    write("my model.pkl")
    dvc("add", "my model.pkl")
    return "my model.pkl"


@layout
def a_directory_behind_ssh(place: Path) -> str:
    begin_in_ssh(place)
    tree("data")
    write("data/empty", "")
    dvc("add", "data")
    return "data"


@layout
def a_file_imported_from_ssh(place: Path) -> str:
    begin_in_ssh(place)
    write(str(place / "far/outside.pkl"), "from another machine\n")
    dvc("import-url", "remote://far/outside.pkl", "inside.pkl")
    return "inside.pkl"


def upload(data: bytes) -> str:
    """Put bytes on the Git LFS server, and return their pointer."""
    (url,) = told("LAYOUTS_LFS")
    oid = hashlib.sha256(data).hexdigest()
    kind = "application/vnd.git-lfs+json"
    body = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(data)}]}
    headers = {"Accept": kind, "Content-Type": kind}
    asked = urllib.request.Request(f"{url}/info/lfs/objects/batch", json.dumps(body).encode(), headers)  # noqa: S310  our own server
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        (one,) = json.load(answer)["objects"]
    if "actions" in one:
        way = one["actions"]["upload"]
        put = urllib.request.Request(way["href"], data, way.get("header", {}), method="PUT")  # noqa: S310
        urllib.request.urlopen(put).close()  # noqa: S310
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"


def begin_with_lfs() -> None:
    """Make a repository whose large files are on the Git LFS server."""
    (url,) = told("LAYOUTS_LFS")
    git("remote", "add", "origin", url)  # DVC adds `.git/info/lfs` to what `lfs.url` says, and git-lfs does not
    write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")


@layout
def a_file_of_git_lfs(_: Path) -> str:
    begin_with_lfs()
    write("model.bin", upload(b"large, or so it is said\n"))
    return "model.bin"


@layout
def a_directory_of_git_and_git_lfs(_: Path) -> str:
    begin_with_lfs()
    write("model/weights.bin", upload(b"the weights\n"))
    write("model/deep/more.bin", upload(b"more of them\n"))
    write("model/readme.md", "in Git\n")
    return "model"


# --- what came from elsewhere


def source(place: Path, name: str = "source") -> str:
    """Make a repository to import from: a file in Git, a file and a directory of DVC's."""
    path = place / name
    path.mkdir()
    with contextlib.chdir(path):
        git("init", "--quiet")
        begin("../source-storage")
        write("in-git.txt", "from Git\n")
        write("model.pkl", "from DVC\n")
        tree("data")
        dvc("add", "model.pkl", "data")
        dvc("push")
        commit()
    return str(path)


@layout
def a_file_imported_from_dvc(place: Path) -> str:
    begin()
    dvc("import", source(place), "model.pkl", "-o", "imported.pkl")
    return "imported.pkl"


@layout
def a_directory_imported_from_dvc(place: Path) -> str:
    begin()
    dvc("import", source(place), "data", "-o", "imported")
    return "imported"


@layout
def a_file_in_an_imported_directory(place: Path) -> str:
    begin()
    dvc("import", source(place), "data", "-o", "imported")
    return "imported/sub/b.txt"


@layout
def an_import_with_another_remote(place: Path) -> str:
    path = source(place)
    os.rename(place / "source-storage", place / "moved")
    begin()
    dvc("import", "--remote-config", f"url={place / 'moved'}", "--", path, "model.pkl")
    return "model.pkl"


@layout
def a_file_imported_from_git(place: Path) -> str:
    begin()
    dvc("import", source(place), "in-git.txt")
    return "in-git.txt"


@layout
def a_directory_imported_from_git(place: Path) -> str:
    path = source(place)
    with contextlib.chdir(path):
        tree("plain")
        commit()
    begin()
    dvc("import", path, "plain", "-o", "imported")
    return "imported"


@layout
def an_import_of_an_import(place: Path) -> str:
    first = source(place)
    middle = place / "middle"
    middle.mkdir()
    with contextlib.chdir(middle):
        git("init", "--quiet")
        begin("../middle-storage")
        dvc("import", first, "model.pkl")
        commit()
    begin()
    dvc("import", str(middle), "model.pkl")
    return "model.pkl"


@layout
def a_file_imported_from_a_path(place: Path) -> str:
    begin()
    write(str(place / "outside.pkl"), "outside\n")
    dvc("import-url", str(place / "outside.pkl"), "inside.pkl")
    return "inside.pkl"


@layout
def a_directory_imported_from_a_path(place: Path) -> str:
    begin()
    tree(str(place / "outside"))
    dvc("import-url", str(place / "outside"), "inside")
    return "inside"


@layout
def an_import_that_was_not_downloaded(place: Path) -> str:
    begin()
    write(str(place / "outside.pkl"), "outside\n")
    dvc("import-url", "--no-download", str(place / "outside.pkl"), "inside.pkl")
    return "inside.pkl"


def commit() -> None:
    """Commit all that is there."""
    git("add", "--all")
    git("commit", "--quiet", "--message=work")


def empty_caches(place: Path) -> None:
    """Delete the caches of a layout's projects, unless they are all that has the files."""
    if place.name not in KEEP_CACHE:
        for cache in [*place.glob("**/.dvc/cache"), place / "shared-cache"]:
            shutil.rmtree(cache, ignore_errors=True)


def make(place: Path, name: str) -> dict[str, object]:
    """Build a layout, empty the cache, and run `dvc get` for it."""
    repo = place / name / "repo"
    repo.mkdir(parents=True)
    os.chdir(repo)
    git("init", "--quiet")
    path = MADE[name](place / name)
    if Path(".dvc/config").exists() and name not in KEEP_CACHE | UNPUSHED:
        dvc("push")
    commit()
    empty_caches(place / name)
    rev = git("rev-parse", "HEAD")  # without one, `dvc get` would copy what is in the work tree
    out = place / name / "expected"
    os.chdir(place)
    words = io.StringIO()
    with contextlib.redirect_stderr(words), contextlib.redirect_stdout(words):
        code = dvc_main(["get", str(repo), path, "--rev", rev, "--out", str(out)])
    empty_caches(place / name)
    return {"path": path, "code": code, "said": words.getvalue()[-2000:]}


if __name__ == "__main__":
    PLACE = Path(sys.argv[1])
    CHOSEN = sys.argv[2:] or list(MADE)
    RESULTS: dict[str, object] = {}
    for NAME in CHOSEN:
        try:
            RESULTS[NAME] = make(PLACE, NAME)
        except LackingError as error:
            RESULTS[NAME] = {"path": "", "code": 98, "said": str(error)}
        except Exception as error:  # noqa: BLE001  one that fails must not hide the others
            RESULTS[NAME] = {"path": "", "code": 99, "said": repr(error)}
    (PLACE / "results.json").write_text(json.dumps(RESULTS), encoding="utf-8")

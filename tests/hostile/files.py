"""Repositories whose files are links, pipes, devices or no files, or say more than a reader can hold."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tests.hostile.entry import Entry
from tests.hostile.scene import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hostile.scene import Scene


# --- files of the work tree


def linked(name: str) -> Entry:
    def plant(scene: Scene) -> None:
        if name == "params.yaml":
            scene.repo.commit("x", {"dvc.yaml": "artifacts:\n  ok: {type: model, path: data, description: '${x}'}\n"})
        place = scene.repo.path / name
        place.unlink(missing_ok=True)
        os.symlink(scene.outside / name, place)

    return Entry(f"link-out-at-{name}", plant, lambda scene: SECRET in (scene.repo.path / name).read_text())


def piped(name: str) -> Entry:
    def plant(scene: Scene) -> None:
        (scene.repo.path / name).unlink(missing_ok=True)
        os.mkfifo(scene.repo.path / name)

    def control(scene: Scene) -> bool:
        """A program that opens it waits for ever."""
        return b"124" in scene.plain("sh", "-c", f"timeout 0.2 cat {name}; echo $?")

    return Entry(f"pipe-at-{name}", plant, control)


def endless(name: str) -> Entry:
    def plant(scene: Scene) -> None:
        (scene.repo.path / name).unlink(missing_ok=True)
        os.symlink("/dev/zero", scene.repo.path / name)

    def control(scene: Scene) -> bool:
        return b"124" in scene.plain("sh", "-c", f"timeout 0.2 cat {name} >/dev/null; echo $?")

    return Entry(f"device-at-{name}", plant, control)


def directory(name: str) -> Entry:
    def plant(scene: Scene) -> None:
        (scene.repo.path / name).unlink(missing_ok=True)
        scene.repo.commit("directory", {f"{name}/x": "x"})

    return Entry(f"directory-at-{name}", plant, lambda scene: b"s a directory" in scene.plain("cat", name))


def submodule(name: str) -> Entry:
    def plant(scene: Scene) -> None:
        head = scene.repo.git("rev-parse", "HEAD")
        (scene.repo.path / name).unlink(missing_ok=True)
        scene.repo.git("update-index", "--add", "--replace", "--cacheinfo", f"160000,{head},{name}")
        scene.repo.git("commit", "--quiet", "-m", "submodule")

    return Entry(f"submodule-at-{name}", plant, lambda scene: b"fatal" in scene.plain("git", "show", f"HEAD:{name}/x"))


def link_in_commit(name: str) -> Entry:
    def plant(scene: Scene) -> None:
        linked(name).plant(scene)
        scene.repo.git("add", "--force", name)
        scene.repo.git("commit", "--quiet", "-m", "link")

    return Entry(f"link-out-committed-at-{name}", plant, linked(name).control)


# --- what YAML says


def yaml(title: str, text: str | bytes, control: Callable[[Scene], bool], name: str = "dvc.yaml") -> Entry:
    def plant(scene: Scene) -> None:
        (scene.repo.path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        scene.repo.git("add", "--force", name)
        scene.repo.git("commit", "--quiet", "-m", "yaml")

    return Entry(f"yaml-{title}", plant, control)


def python(code: str, *expected: bytes, name: str = "dvc.yaml") -> Callable[[Scene], bool]:
    """Tell whether a program that does this with the file fails or says what is expected; it may take a second."""
    limit = "import yaml, json, resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))"
    code = f"{limit}\ntext = open({name!r}).read()\n{code}"

    def control(scene: Scene) -> bool:
        argv = (sys.executable, "-c", code.replace("{", "{{").replace("}", "}}"))
        script = '"$@"; echo "status $?"'
        said = scene.plain("sh", "-c", script, "sh", *argv)
        return any(word in said for word in expected)

    return control


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
KILLED = (b"status 137", b"status 152", b"status 139", b"Killed")
LOAD = "yaml.load(text, yaml.CSafeLoader)"
YAML = (
    yaml("alias-bomb", BOMB + "artifacts: *i\n", python(f"json.dumps({LOAD})", *KILLED)),
    yaml("depth-100000", "artifacts: " + "[" * 100_000, python(LOAD, b"RecursionError", *KILLED)),
    yaml("depth-100000-of-mappings", "{a: " * 100_000, python(LOAD, b"RecursionError", *KILLED)),
    yaml("megabytes", "artifacts: {" + "a: b, " * 900_000 + "}\n", python("yaml.safe_load(text)", *KILLED)),
    yaml(
        "duplicate-keys",
        "artifacts:\n  ok: {type: model}\n  ok: {type: stolen}\n",
        python(f"print({LOAD})", b"stolen"),
    ),
    yaml(
        "python-object",
        "artifacts: !!python/object/apply:os.system ['echo x >> ../sprung']\n",
        lambda scene: python("yaml.load(text, yaml.UnsafeLoader)", b"status 0")(scene) and scene.sprung,
    ),
    yaml("anchor-in-itself", "artifacts: &a {ok: *a}\n", python(f"json.dumps({LOAD})", b"Circular reference")),
    yaml("no-utf-8", b"artifacts: \xff\xfe\n", python("", b"UnicodeDecodeError")),
    yaml(
        "control-characters",
        'artifacts:\n  ok: {type: model, description: "\\e[2J\\x9b31m\\u202eevil\\n\\tx", path: "\\x07"}\n',
        python(f"print({LOAD}['artifacts']['ok']['description'])", b"\x1b[2J"),
    ),
    yaml(
        "keys-that-command",
        'artifacts:\n  "\\e]0;x\\a": {type: model}\n  ok: {"\\u202e\\x9b": 1}\n',
        python(f"print(list({LOAD}['artifacts'])[0])", b"\x1b]0;"),
    ),
    yaml("a-number-of-5000-digits", f"artifacts:\n  ok: {{custom: {'9' * 5000}}}\n", python(LOAD, b"ValueError")),
    yaml("merge-of-a-bomb", BOMB + "artifacts:\n  <<: [*i]\n  ok: {}\n", python(LOAD, b"Error", *KILLED)),
    yaml(
        "index-out-of-the-tree",
        "index: ../outside/artifacts.yaml\n",
        python(f"print(open({LOAD}['index']).read())", SECRET.encode(), name=".gto"),
        ".gto",
    ),
    yaml("settings-that-command", '"\\e[2J\\u202e": 1\n', python(f"print(*{LOAD})", b"\x1b[2J", name=".gto"), ".gto"),
)


FILES = (
    *(linked(name) for name in ("dvc.yaml", "artifacts.yaml", ".gto", "params.yaml")),
    *(piped(name) for name in ("dvc.yaml", "artifacts.yaml", ".gto")),
    *(endless(name) for name in ("dvc.yaml", ".gto")),
    *(directory(name) for name in ("dvc.yaml", ".gto")),
    *(submodule(name) for name in ("dvc.yaml", "artifacts.yaml")),
    link_in_commit("artifacts.yaml"),
    *YAML,
)

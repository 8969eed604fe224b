"""A stand-in for docker, whose daemon cannot run where these tests do: containers are entries of a file.

It takes what `gto deploy` says to `docker`, `docker compose` and `docker container`, and fails for anything else. An
image whose name holds `broken` never gets healthy.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

STATE = Path(os.environ["DOCKER_STAND_IN"])


def main(words: list[str]) -> int:
    """Do what the words say."""
    containers = json.loads(STATE.read_text()) if STATE.exists() else {}
    match words:
        case ["compose", "--project-name", name, "--file", file, "config", "--quiet"]:
            assert _project(file)["name"] == name
        case ["compose", "--project-name", name, "--file", file, "up", "--detach", "--remove-orphans"]:
            (service,) = _project(file)["services"].values()
            containers[name] = _container(containers, service["image"], service["labels"])
        case ["container", "ls", "--all", "--quiet", "--no-trunc", "--filter", mark]:
            key, _, value = mark.removeprefix("label=").partition("=")
            sys.stdout.writelines(f"{name}\n" for name, one in containers.items() if one["labels"].get(key) == value)
        case ["container", "inspect", *names]:
            sys.stdout.write(json.dumps([_inspected(name, containers[name]) for name in names]))
        case ["container", "rm", "--force", name]:
            containers.pop(name, None)
        case ["container", "logs", "--tail", _, _]:
            sys.stderr.write("the model cannot be loaded\n")
        case ["image", "inspect", _]:
            pass
        case ["run", "--detach", "--name", name, *options]:
            pairs = [two for one, two in pairwise(options) if one == "--label"]
            containers[name] = _container(containers, options[-1], dict(one.split("=", 1) for one in pairs))
        case ["exec", "--interactive", name, "python", "-c", _, url, "body"]:
            assert json.load(sys.stdin)
            assert "/infer" in url
            sys.stdout.write(json.dumps({"model_version": containers[name]["labels"]["gto.version"]}))
        case _:
            sys.stderr.write(f"unknown: {words}\n")
            return 125
    STATE.write_text(json.dumps(containers))
    return 0


def _project(file: str) -> dict[str, Any]:
    import yaml  # which takes longer than all else here

    found: dict[str, Any] = yaml.safe_load(Path(file).read_text())
    return found


def _container(containers: dict[str, object], image: str, labels: dict[str, str]) -> dict[str, object]:
    return {"image": image, "labels": labels, "created": f"{len(containers):04}"}


def _inspected(name: str, one: dict[str, object]) -> dict[str, object]:
    healthy = "broken" not in str(one["image"])
    state = {"Status": "running", "Health": {"Status": "healthy" if healthy else "unhealthy"}}
    return {
        "Id": name,
        "Name": f"/{name}",
        "Created": one["created"],
        "Config": {"Labels": one["labels"]},
        "State": state,
    }


sys.exit(main(sys.argv[1:]))

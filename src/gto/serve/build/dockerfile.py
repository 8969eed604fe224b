"""A directory that `docker build` makes an image of: a version, what it needs, hash by hash, and `gto serve`."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.serve.build.build_source import BuildSource
from gto.serve.build.container import (
    ARGUMENTS,
    ENVIRONMENT,
    HEALTH_EVERY,
    HEALTH_FROM,
    HEALTH_WITHIN,
    MODEL,
    PORT,
    READY,
    USER,
    check_serves,
    command,
    copy_wheels,
    labels,
    place_model,
)
from gto.serve.build.locked_requirements import LockedRequirements
from gto.storage.whole_directory import check_target, put, workshop

_MARK = "Dockerfile"
_OF_DEBIAN = {"lightgbm": "libgomp1"}
"""Libraries of the system that wheels do not bring, by the package that wants them."""
_SYSTEM = """
# hadolint ignore=DL3008
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends {packages} \\
 && rm -rf /var/lib/apt/lists/*
"""
_TEXT = """\
# {label}, by `gto build docker`. docker build --tag {tag} .
FROM {base} AS packages
WORKDIR /build
COPY requirements.txt ./
{copy_wheels}RUN python -m venv /opt/venv \\
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes {find_links}--requirement requirements.txt

FROM {base}
{system}ENV {environment}
COPY --from=packages /opt/venv /opt/venv
COPY {model} /{model}
LABEL {labels}
USER {user}
EXPOSE {port}
HEALTHCHECK --interval={every}s --timeout={within}s --start-period={begin}s CMD {health}
ENTRYPOINT {command}
CMD {arguments}
"""


class DockerWish(NamedTuple):
    """How the directory is built."""

    out: str
    lock: LockedRequirements
    base: str | None = None
    """The image that it begins with; None for Python's own, slim."""
    wheels: str | None = None
    force: bool = False
    trusted: bool = False


class BuiltDirectory(NamedTuple):
    """What was built."""

    base: str
    labels: Mapping[str, str]
    entrypoint: Sequence[str]
    packages: Sequence[str]


def build_docker(source: BuildSource, wish: DockerWish) -> BuiltDirectory:
    """Write Dockerfile, .dockerignore, requirements.txt and the model; the directory appears whole or not at all."""
    target = os.path.abspath(wish.out)
    check_target(target, _MARK, "a directory with a Dockerfile", force=wish.force)
    source.check_trusted(trusted=wish.trusted)
    check_serves(wish.lock)
    base = wish.base or f"python:{wish.lock.python}-slim"
    with workshop(target) as place:
        made = os.path.join(place, "made")
        model = place_model(source, os.path.join(made, MODEL))
        wheels = copy_wheels(wish.wheels, wish.lock, os.path.join(made, "wheels"))
        built = BuiltDirectory(base, labels(source), command(source, model), wish.lock.packages)
        ignored = ["*", "!requirements.txt", f"!{MODEL}", *(["!wheels"] if wheels else [])]
        texts = {
            _MARK: _dockerfile(source.label, built, has_wheels=bool(wheels)),
            ".dockerignore": "".join(f"{line}\n" for line in ignored),
            "requirements.txt": wish.lock.text,
        }
        for name, text in texts.items():
            with open(os.path.join(made, name), "w", encoding="utf-8") as file:
                file.write(text)
        put(made, target, place)
    return built


def _dockerfile(label: str, built: BuiltDirectory, *, has_wheels: bool) -> str:
    names = {one.partition("==")[0] for one in built.packages}
    system = sorted({library for package, library in _OF_DEBIAN.items() if package in names})
    return _TEXT.format(
        label=label,
        tag=label.lower().replace("@", ":").replace("+", "_"),
        base=built.base,
        copy_wheels="COPY wheels wheels/\n" if has_wheels else "",
        find_links="--find-links wheels " if has_wheels else "",
        system=_SYSTEM.lstrip("\n").format(packages=" ".join(system)) if system else "",
        environment=_pairs({"PATH": "/opt/venv/bin:$PATH", **ENVIRONMENT}, "$"),
        model=MODEL,
        labels=_pairs(built.labels),
        user=USER,
        port=PORT,
        every=HEALTH_EVERY,
        within=HEALTH_WITHIN,
        begin=HEALTH_FROM,
        health=json.dumps(["python", "-c", READY]),
        command=json.dumps(built.entrypoint, ensure_ascii=False),
        arguments=json.dumps(ARGUMENTS),
    )


def _pairs(values: Mapping[str, str], meant: str = "") -> str:
    """Return values by name as a Dockerfile has them, a line each; `$` stands for itself unless it is meant."""
    quoted = (
        f"{key}={json.dumps(value, ensure_ascii=False).replace('$', meant or chr(92) + '$')}"
        for key, value in values.items()
    )
    return " \\\n      ".join(quoted)

"""What strangers write into every text that a repository holds: script, markup, controls, floods, half characters."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zlib
from typing import TYPE_CHECKING

from tests.objects import RawTag

if TYPE_CHECKING:
    from tests.repo import Repo

WORDS = {
    "script": "<script>window.hacked=1</script>",
    "attribute": "\"'><img src=x onerror=window.hacked=1>",
    "closing": "</title></textarea></svg><svg onload=window.hacked=1>",
    "address": "javascript:window.hacked=1",
    "markdown": "[a](javascript:window.hacked=1) <iframe srcdoc='<script>parent.hacked=1</script>'>",
    "template": "{{7*191}} {% raw %} ${7*191} <%= 7*191 %> #{7*191}",
    "sql": "%' OR 1=1 --_\\",
    "formula": "=cmd|' /C calc'!A0",
    "controls": "bell\a escape\x1b[31m null\x00 delete\x7f csi\x9b line\u2028",
    "bidi": "\u202etxt.exe\u202c \u2066x\u2069",
    "long": "W" * 600,
    "half": "half \ud800 not \ufffe\uffff",
    "entities": "&lt;b&gt; &amp;#60; ]]> <!-- <?xml",
}
"""By a word that an artifact may be called."""

CARD = (
    """
<details open ontoggle=window.hacked=1>x</details> <math><mtext><script>window.hacked=1</script></mtext></math>

![i](javascript:window.hacked=1) ![x](x"onerror="window.hacked=1) <https://example.com/> <javascript:window.hacked=1>

[r]: javascript:window.hacked=1 "t"
[link][r] [data](data:text/html,<script>parent.hacked=1</script>) [tab](java\tscript:window.hacked=1) `<svg onload=x>`

| a | b |
| - | - |
| <img src=x onerror=window.hacked=1> | """
    + "wide" * 300
    + """ |

```html
<script>window.hacked=1</script>
```

    """
    + "code" * 300
    + "\n"
)
"""What a card can hold beside them."""


def plant_words(repo: Repo) -> None:
    """Write each of WORDS everywhere: an artifact of its own bears it in all that is told of it."""
    texts = list(WORDS.values())
    values = {text: 0.5 + number for number, text in enumerate(texts)}
    paths = [path_of(text).replace("${", "$ {") for text in texts]
    # YAML takes no half characters, and DVC fills in what stands in ${}.
    whole = {name: text.encode("utf-8", "replace").decode().replace("${", "$ {") for name, text in WORDS.items()}
    artifacts = {
        name: {
            "path": path,
            "type": text[:100],
            "desc": text,
            "labels": [text, "label"],
            "meta": {text: text, "lower_better": [text]},
        }
        for (name, text), path in zip(whole.items(), paths, strict=True)
    }
    plots = [{f"plots/{name}.csv": {"x": text, "y": "y", "title": text}} for name, text in whole.items()]
    steps = {text: step_of(text, path) for text, path in zip(whole.values(), paths, strict=True)}
    described = {
        "artifacts": artifacts,
        "metrics": ["metrics.json"],
        "params": ["params.json"],
        "plots": plots,
        "stages": {
            text: {"cmd": text, "desc": text, "outs": [path]} for text, path in zip(whole.values(), paths, strict=True)
        },
    }
    for number in (0, 1):
        changed = {key: value + number for key, value in values.items()}
        files = {
            "dvc.yaml": json.dumps(described),  # which is YAML
            "metrics.json": json.dumps({**changed, "words": dict(zip(texts, reversed(texts), strict=True))}),
            "params.json": json.dumps({text: text * (1 + number) for text in texts}),
            "models/README.md": "\n\n".join([*texts, CARD]).encode("utf-8", "replace").decode(),
            "requirements.txt": "".join(f"{text}=={number}\n" for text in texts).encode("utf-8", "replace").decode(),
            "dvc.lock": json.dumps({"schema": "2.0", "stages": steps}),
            ".gto.policy.yaml": json.dumps(
                {
                    "rules": [
                        {"name": text[:60], "stages": "prod", "approvals": 1, "who": [text]} for text in whole.values()
                    ]
                }
            ),
            **dict.fromkeys(paths, f"model {number}\n"),
            **{f"plots/{name}.csv": f'"{csv_of(text)}","y"\n1,2\n2,3\n' for name, text in WORDS.items()},
        }
        repo.commit("work", files)
        _sign_with_words(repo, number)


def _sign_with_words(repo: Repo, number: int) -> None:
    """Make the newest commit one whose author and message no git would write, with a tag of each kind for each word."""
    tree = repo.git("rev-parse", "HEAD^{tree}")
    parents = "".join(f"parent {oid}\n" for oid in repo.git("log", "-1", "--format=%P").split())
    said = "\n".join(WORDS.values()).encode("utf-8", "surrogatepass")
    who = b"<script>window.hacked=1</script> \xff <\"'><b>@x> 1641000000 +0000"
    body = f"tree {tree}\n{parents}".encode() + b"author " + who + b"\ncommitter " + who + b"\n\n" + said
    head = _store(repo, "commit", body.replace(b"\0", b""))
    refs = {"refs/heads/main": head}
    for place, (name, text) in enumerate(WORDS.items()):
        raw = text.encode("utf-8", "surrogatepass").replace(b"\0", b"")
        tagger = raw.replace(b"\n", b" ") + b" <" + raw + f"@x> {1641000000 + 60 * place} +0000".encode()
        for tag in (
            RawTag(f"{name}@v0.{number}.0", tagger=tagger, message=raw + b"\n\n\xff\xfe" + raw),
            RawTag(f"{name}#prod#{number + 1}", tagger=tagger, message=raw),
        ):
            refs[f"refs/tags/{tag.name}"] = _store(repo, "tag", tag.body(head))
    base = repo.git("log", "-1", "--format=%P") or head
    for text in ("<img/src=x/onerror=hacked=1>", "{{cycler}}", "'\"><b>"):
        refs[f"refs/exps/{base[:2]}/{base[2:]}/{text}"] = head
        refs[f"refs/tags/{text}@v1.0.0"] = head  # set aside, or no event
        refs[f"refs/tags/script@v{text}"] = head
    for branch in ("<img/src=x/onerror=hacked=1>", "{{cycler}}", "%27-OR-1=1", "x" * 200, "é\u202eexe"):
        refs[f"refs/heads/{branch}"] = head
    given = "".join(f"update {name} {oid}\n" for name, oid in refs.items())
    subprocess.run(["git", "update-ref", "--stdin"], cwd=repo.path, input=given.encode(), check=True)


def _store(repo: Repo, kind: str, body: bytes) -> str:
    """The id of a new object with these bytes, whatever they are."""
    whole = f"{kind} {len(body)}\0".encode() + body
    oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = repo.path / ".git/objects" / oid[:2] / oid[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(whole))
    return oid


def step_of(text: str, path: str) -> dict[str, object]:
    """What `dvc.lock` says of a stage."""
    one = {"hash": "md5", "md5": hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()}
    deps = [{"path": text, "size": 1, **one}, {"path": "models/README.md", "size": 1, **one}]
    return {
        "cmd": text,
        "deps": deps,
        "outs": [{"path": path, "size": 1, **one}],
        "params": {"params.json": {text: text}},
    }


def path_of(text: str) -> str:
    """The text as far as a file may be called so."""
    return "models/" + text.replace("/", "-").replace("\0", "").encode("utf-8", "replace").decode()[:120]


def csv_of(text: str) -> str:
    """The text in quotes of CSV."""
    return os.fsdecode(text.replace('"', '""').replace("\0", "").encode("utf-8", "replace"))

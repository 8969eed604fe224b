"""What the documentation takes from the code: the pages on commands and on the Python API, and the table of rooms.

`python -m scripts.reference` writes them; tests/docs fails while one of them is out of date.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

import gto
import gto.annotations.annotation
import gto.api
import gto.models.doors
import gto.models.save
import gto.output.authored
import gto.output.commit_event
import gto.output.published
import gto.output.published_artifact
import gto.output.published_registry
import gto.output.published_version
import gto.registry.write.sync
from gto.cli.main import _ALIASES, _COMMANDS, app
from gto.cli.options import Argument, HelpSection
from gto.serve.deploy import deploy_file
from scripts import deploy_settings, export_schema, inspect_schema, model_table, schemas, studio_options_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"

ARCHITECTURE = REFERENCE.parent / "architecture.md"
MODEL_FORMATS = REFERENCE.parent / "models" / "formats.md"
_COMMANDS_HEAD = """\
# Commands

<!-- Written by scripts/reference.py from the code: change it there, then run `python -m scripts.reference`. -->

Every command takes `-h` for help; those that need a repository take `-r PATH` for another than the one here. `-v`
and `--traceback` may stand before or after the command. What goes where is the same for all: answers go to stdout,
notes and errors to stderr. [Exit codes](errors.md) tell success from refusal.

"""

_PYTHON_HEAD = """\
# Python API

<!-- Written by scripts/reference.py from the code: change it there, then run `python -m scripts.reference`. -->

`import gto.api` gives the functions below, and under their names the classes of what they return: all that is in
`gto.api.__all__`. The argument `repo` is the path or URL of a repository, or an object that has the path as
`root_dir`. Errors are classes of `gto.exceptions`, listed in [Exit codes and errors](errors.md). All of it has types
that a checker reads.

Two functions stand in `gto` itself, as scripts and notebooks that train models call them: [`gto.save`](#save) and
[`gto.load`](#load). [Save and load](../models/save-and-load.md) shows them.

Programs for GTO 1.10 find [its other names](#names-of-gto-110) as well.

"""

_PYTHON_TAIL = """\
## Names of GTO 1.10

Programs that were written for GTO 1.10 find its names where they were. What differs, and the few that are not there,
are listed in [Differences from GTO 1.10](../explanation/differences-from-gto.md#for-callers-of-the-python-functions).
`import gto` alone imports none of this.

| name | what it is |
| --- | --- |
| `gto.GitRegistry`, `gto.registry.GitRegistry` | a registry as an object: `with GitRegistry.from_url(repo) as registry:` gives `register`, `assign`, `unassign`, `deregister`, `deprecate`, `check_ref`, `get_stages`, `get_state`, `find_artifact`, `latest`, `which`, `find_commit`, `is_gto_repo`; unlike `gto.api`, its methods number a tag unless `simple=True` |
| `gto.RepoIndexManager`, `gto.index` | `artifacts.yaml` as an object: `get_index`, `get_commit_index`, `get_history`, `add`, `remove` |
| `gto.CONFIG`, `gto.config` | the settings of the environment; `CONFIG_FILE_NAME`, `RegistryConfig`, and `read_registry_config(path)` for those of a file |
| `gto.base` | the classes of objects: `Artifact`, `Version`, `VStage`, `BaseRegistryState`, the events `Registration`, `Deregistration`, `Assignment`, `Unassignment`, `Deprecation`, `Commit`, and `sort_versions` |
| `gto.versions` | `SemVer("v1.2.3")`: compare, `bump_patch()`, `is_valid()` |
| `gto.tag` | `find`, `parse_name`, `parse_tag`, `name_tag`; `create_tag` and `delete_tag` write and delete a tag past every check |
| `gto.constants` | `Action`, `VersionSort`, the patterns of names and tags, `assert_name_is_valid`, `check_string_is_valid`, `parse_shortcut` |
| `gto.exceptions` | [the errors](errors.md#names-of-gto-110), under the old names too |
| `gto.cli.app` | the command line as a group of click |

What `get_state()` and `find_latest_version()` return goes down to the last event:

```python
with gto.GitRegistry.from_url(".") as registry:
    for version in registry.find_artifact("churn").get_versions():
        print(version.version, version.created_at, [stage.stage for stage in version.get_vstages()])
```

`version.stages` is a dictionary by stage, and has those that the version left as well.
"""

_RESULTS = (
    (gto.output.published, ("PublishedEvent",)),
    (gto.output.commit_event, ("CommitEvent",)),
    (gto.output.authored, ("Authored",)),
    (gto.output.published_version, ("PublishedStage", "PublishedVersion")),
    (gto.output.published_artifact, ("PublishedArtifact",)),
    (gto.output.published_registry, ("PublishedRegistry",)),
    (gto.annotations.annotation, ("Annotation",)),
    (gto.registry.write.sync, ("Status", "SyncLine", "Pushed", "Fetched")),
    (gto.models.save, ("SavedModel",)),
)


def commands() -> str:
    """Return the page of commands."""
    parts = [_COMMANDS_HEAD, *_global(), *_overview()]
    for section, names in _COMMANDS.items():
        if section is HelpSection.HIDDEN:
            parts.append("## For scripts, and old names\n\nThe help does not list these.\n\n")
        else:
            parts.append(f"## {section.value}\n\n")
        for name in names:
            parts += _command(name)
    return "".join(parts).rstrip("\n") + "\n"


def _global() -> Iterator[str]:
    yield "| option of `gto` itself | |\n| --- | --- |\n"
    for param in app.params:
        if isinstance(param, click.Option):
            yield f"| {_spelling(param)} | {_cell(param.help or '')} |\n"
    yield "\n"


def _overview() -> Iterator[str]:
    yield "| command | |\n| --- | --- |\n"
    for section, names in _COMMANDS.items():
        for name in names if section is not HelpSection.HIDDEN else ():
            yield f"| [`gto {name}`](#gto-{name}) | {_cell(_find(name).get_short_help_str(200))} |\n"
    yield "\n"


def _find(name: str) -> click.Command:
    command = app.get_command(click.Context(app, info_name="gto"), name)
    assert command is not None, name  # noqa: S101  the names are the group's own
    return command


def _command(name: str) -> Iterator[str]:
    command = _find(name)
    if isinstance(command, click.Group):
        yield f"### gto {name}\n\n{inspect.cleandoc(command.help or '')}\n\n"
        for part, subcommand in command.commands.items():
            yield from _one_command(f"{name} {part}", subcommand, "####")
    else:
        yield from _one_command(name, command, "###")


def _one_command(name: str, command: click.Command, heading: str) -> Iterator[str]:
    arguments = [param for param in command.params if isinstance(param, Argument)]
    flags = [param for param in command.params if isinstance(param, click.Option) and not param.hidden]
    words = " ".join(param.spelling for param in arguments)
    yield f"{heading} gto {name}\n\n"
    yield f"```text\ngto {name} [OPTIONS]{' ' if words else ''}{words}\n```\n\n"
    for alias, target in _ALIASES.items():
        if target == name:
            yield f"Also called `gto {alias}`.\n\n"
    yield f"{inspect.cleandoc(command.help or '')}\n\n"
    if arguments:
        yield "| argument | |\n| --- | --- |\n"
        for param in arguments:
            yield f"| `{param.spelling}` | {_cell(param.about)} |\n"
        yield "\n"
    if flags:
        yield "| option | |\n| --- | --- |\n"
    for flag in flags:
        yield f"| {_spelling(flag)} | {_cell(flag.help or '')}{_default(flag)} |\n"
    yield "\n"
    examples = inspect.cleandoc(getattr(command, "examples", ""))
    if examples:
        yield f"```text\n{examples}\n```\n\n"


def _spelling(flag: click.Option) -> str:
    words = ", ".join(f"`{word}`" for word in sorted(flag.opts, key=len))
    if flag.is_flag:
        return words
    if isinstance(flag.type, click.Choice):
        return f"{words} `{'`, `'.join(flag.type.choices)}`"
    return f"{words} *{_cell(flag.metavar or flag.type.name.upper())}*"


def _default(flag: click.Option) -> str:
    notes = ["required"] if flag.required else []
    notes += ["repeatable"] if flag.multiple and "repeatable" not in (flag.help or "") else []
    if flag.show_default and not flag.is_flag:
        values = flag.default if isinstance(flag.default, tuple) else (flag.default,)
        notes.append(f"default {', '.join(f'`{value}`' for value in values)}")
    return f" ({', '.join(notes)})" if notes else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def python() -> str:
    """Return the page of the Python API."""
    public = [*_functions(gto.api), *_functions(gto.models.doors)]
    parts = [_PYTHON_HEAD, "| function | |\n| --- | --- |\n"]
    parts += [f"| [`{node.name}`](#{node.name}) | {_first(node)} |\n" for node in public]
    parts.append("\n## Functions\n\n")
    parts += [f"### {node.name}\n\n```python\n{_signature(node)}\n```\n\n{_doc(node)}\n\n" for node in public]
    parts.append("## What they return\n\nThese values cannot be changed.\n\n")
    for source, names in _RESULTS:
        for part in _tree(source).body:
            if isinstance(part, ast.ClassDef) and part.name in names:
                parts += _class(part)
    parts.append(_PYTHON_TAIL)
    return "".join(parts).rstrip("\n") + "\n"


def _functions(module: ModuleType) -> list[ast.FunctionDef]:
    return [node for node in _tree(module).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _doc(node: ast.FunctionDef | ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def _first(node: ast.FunctionDef) -> str:
    return _cell(_doc(node).partition("\n\n")[0])


def _signature(node: ast.FunctionDef) -> str:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    values = [None] * (len(every) - len(node.args.defaults) - len(node.args.kw_defaults))
    defaults = [*values, *node.args.defaults, *node.args.kw_defaults]
    lines = []
    for argument, default in zip(every, defaults, strict=True):
        annotation = f": {_type(argument.annotation)}" if argument.annotation else ""
        value = f" = {ast.unparse(default)}" if default else ""
        lines.append(f"    {argument.arg}{annotation}{value},\n")
    returns = f" -> {_type(node.returns)}" if node.returns else ""
    return f"{node.name}(\n{''.join(lines)}){returns}"


def _type(node: ast.expr) -> str:
    # `Published` is a name for a dictionary that JSON can hold; readers know it as that.
    return re.sub(r"\bPublished\b", "dict[str, object]", ast.unparse(node).strip("'\""))


def _class(node: ast.ClassDef) -> Iterator[str]:
    yield f"### {node.name}\n\n{_doc(node)}\n\n| field | type | |\n| --- | --- | --- |\n"
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for part in node.body:
        match part:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if not name.startswith("_"):
                last = name
                found[name] = (_type(annotation), "")
            case ast.Expr(value=ast.Constant(value=str(text))) if last:
                found[last] = (found[last][0], _cell(text))
            case ast.FunctionDef(name="__init__", args=arguments):
                for one in [*arguments.args[1:], *arguments.kwonlyargs]:
                    found.setdefault(one.arg, (_type(one.annotation) if one.annotation else "", ""))
            case ast.FunctionDef(name=name, returns=returns) if _is_property(part) and not name.startswith("_"):
                found[name] = (_type(returns) if returns else "", _cell(_doc(part)))
            case _:
                last = ""
    for name, (type_, about) in found.items():
        yield f"| `{name}` | `{_cell(type_)}` | {about} |\n"
    yield "\n"


def _is_property(node: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id.endswith("property") for mark in node.decorator_list)


def architecture() -> str:
    """Return the page on architecture with the floors and the table of rooms as they are now."""
    page = ARCHITECTURE.read_text(encoding="utf-8")
    page = _between(page, "floors", ["```text\n", *_floor_lines(), "```\n"])
    return _between(page, "rooms", ["| room | what it says |\n| --- | --- |\n", *_rooms()])


def model_formats() -> str:
    """Return the page on formats of models with the table of real files as it is now."""
    return _between(MODEL_FORMATS.read_text(encoding="utf-8"), "files", model_table.table())


def deploying() -> dict[Path, str]:
    """Return the pages on deploying, with the tables of settings as they are now."""
    found = {}
    for path in sorted((REFERENCE.parent / "serving").glob("*.md")):
        page = path.read_text(encoding="utf-8")
        for kind in deploy_settings.kinds_of(page):
            page = found[path] = _between(page, deploy_settings.start(kind), deploy_settings.table(kind))
    return found


def _between(page: str, what: str, lines: Iterable[str]) -> str:
    """Put lines between the two markers of a page."""
    before, start, rest = page.partition(f"<!-- {what}: written by scripts/reference.py -->\n")
    _, end, after = rest.partition(f"<!-- end of {what} -->\n")
    return "".join([before, start, "\n", *lines, "\n", end, after])


def _floors() -> list[list[str]]:
    """Return the floors of the import contract, the highest first, each with its rooms."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["gto"])
    return [layer.split(" | ") for layer in layers if layer != "__main__"]


def _floor_lines() -> Iterator[str]:
    floors = _floors()
    for number, rooms in zip(range(len(floors), 0, -1), floors, strict=True):
        for at, room in enumerate(rooms):
            yield f"{number if at == 0 else '':>3}  {room:<13}{_sentence(room)}\n"


def _sentence(room: str) -> str:
    """Return what the first line of a module says lives there."""
    source = Path(inspect.getfile(gto)).parent
    path = source / room / "__init__.py" if (source / room).is_dir() else source / f"{room}.py"
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def _rooms() -> Iterator[str]:
    source = Path(inspect.getfile(gto)).parent
    for floor in (room for rooms in reversed(_floors()) for room in rooms):
        for path in sorted((source / floor).rglob("*.py")):
            room = path.parent if path.name == "__init__.py" else path.with_suffix("")
            name = room.relative_to(source).as_posix()
            if not name.startswith("cli/commands/"):
                yield f"| `{name}` | {_cell(_sentence(name))} |\n"


def generated() -> dict[Path, str]:
    """Return the generated pages by their paths."""
    return {
        REFERENCE / "commands.md": commands(),
        REFERENCE / "python.md": python(),
        REFERENCE / "studio-options.md": studio_options_page.page(),
        ARCHITECTURE: architecture(),
        MODEL_FORMATS: model_formats(),
        **deploying(),
        REFERENCE / "schemas/policy.json": schemas.text(schemas.policy()),
        REFERENCE / "schemas/gto.json": schemas.text(schemas.settings()),
        REFERENCE / "schemas/export.json": schemas.text(export_schema.export()),
        REFERENCE / "schemas/deploy.json": schemas.text(deploy_file.schema()),
        REFERENCE / "schemas/inspect.json": schemas.text(inspect_schema.inspected()),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

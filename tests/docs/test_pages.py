"""Every command in the README and in docs/ runs, and prints what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from scripts import pages
from tests.repo import run
from tests.stores import free_port
from tests.team_process import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


EXTRA_RE = re.compile(r"pip install '(?:\./gto|\.)\[([\w-]+)\]'")


def test_no_page_shows_a_traceback() -> None:
    assert not [page for page in pages.pages() if pages.TRACEBACK in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", pages.with_commands(), ids=lambda page: str(page.relative_to(pages.ROOT)))
def test_the_commands_of_a_page_print_what_it_says(
    page: Path, tmp_path: Path, environment: dict[str, str], registry: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    for program in pages.needs(text):
        if shutil.which(program) is None:
            pytest.skip(f"{page.name} needs {program}, which is not on PATH")
    assert pages.replay(text, tmp_path, environment | {"HOME": str(tmp_path)}, registry) == text


def test_the_page_of_all_clients_leads_to_a_file_from_ones_own_studio(
    tmp_path: Path, environment: dict[str, str], registry: Path
) -> None:
    blocks = pages.blocks((pages.ROOT / "docs/studio/clients/index.md").read_text(encoding="utf-8"))
    serve, get = (one.lines for one in blocks if one.info == "console")
    port, env = free_port(), environment | {"HOME": str(tmp_path), "GTO_CACHE_DIR": str(tmp_path)}

    def typed(lines: Sequence[str], token: str) -> list[str]:
        text = "\n".join(line[2:] for line in lines if line.startswith("$ "))
        return ["bash", "-ec", text.replace("8765", str(port)).replace("gto_...", token)]

    with subprocess.Popen(
        typed(serve, ""), cwd=registry.parent, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as studio:
        try:
            assert studio.stdout is not None
            token = studio.stdout.readline().strip()
            studio.stdout.readline()  # the address, once it serves
            wait_for(lambda: run(*typed(get, token), cwd=tmp_path, env=env).code == 0)
            assert run(*typed(get, token), cwd=tmp_path, env=env).stdout.splitlines() == list(get[2:])
        finally:
            os.killpg(studio.pid, signal.SIGKILL)


def test_readme_and_tutorial_have_commands() -> None:
    assert {pages.ROOT / "README.md", pages.ROOT / "docs/tutorial/first-registry.md"} <= set(pages.with_commands())


def test_every_block_in_a_shell_language_is_run_or_says_why_not() -> None:
    for page in pages.pages():
        for block in pages.blocks(page.read_text(encoding="utf-8")):
            assert block.info.split() != ["sh"], f"{page}: write ```console"
            assert block.info, f"{page}, line {block.first}: name the language of the block"


def test_a_test_that_a_page_names_as_running_a_block_reads_that_page() -> None:
    for page in pages.pages():
        for block in pages.blocks(page.read_text(encoding="utf-8")):
            if name := re.match(r"(?:tests|scripts)/[\w/]+\.py", block.not_run):
                assert page.stem in (pages.ROOT / name[0]).read_text(encoding="utf-8"), f"{page}: {name[0]}"


def test_the_extras_that_pages_install_are_there() -> None:
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = [name for page in pages.pages() for name in EXTRA_RE.findall(page.read_text(encoding="utf-8"))]
    assert {"serve", "models", "ray", "sagemaker"} <= set(told)
    assert set(told) <= set(project["optional-dependencies"])


def test_an_expected_line_of_dots_stands_for_any_lines() -> None:
    assert pages.fits(["a", "...", "d"], ["a", "b", "c", "d"])
    assert pages.fits(["...", "d"], ["d"])
    assert not pages.fits(["a", "...", "d"], ["a", "b", "c"])
    assert pages.fits(["key ..."], ["key 1234"])
    assert not pages.fits(["key ..."], ["lock 1234"])


def test_a_page_whose_output_is_stale_is_rewritten(tmp_path: Path, environment: dict[str, str], registry: Path) -> None:
    text = "```console\n$ echo one\nstale\n$ echo two\n```\n"
    new = pages.replay(text, tmp_path, environment, registry)
    assert new == "```console\n$ echo one\none\n$ echo two\ntwo\n```\n"


def test_a_page_may_continue_another_from_a_heading_on(
    tmp_path: Path, environment: dict[str, str], registry: Path
) -> None:
    env = environment | {"HOME": str(tmp_path)}
    text = "<!-- after: docs/how-to/ci.md up to: ## 4. Two events -->\n\n```console\n$ ls ..; git tag --list\n```\n"
    assert pages.replay(text, tmp_path, env, registry) == text.replace("list\n", "list\nforge.git\nmodels\n")
    with pytest.raises(ValueError, match="has no line '## 5'"):
        pages.replay(text.replace("## 4. Two events", "## 5"), tmp_path, env, registry)


def test_links_in_the_readme_lead_somewhere() -> None:
    text = (pages.ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in target or (pages.ROOT / target).exists(), target


def test_the_make_targets_in_the_readme_exist() -> None:
    text = (pages.ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (pages.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|\$ )make ([a-z]+)", text))
    assert {"demo", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site"))
    built = run(*command, cwd=pages.ROOT, env={"NO_MKDOCS_2_WARNING": "1"})
    assert (built.code, built.stderr) == (0, "")
    index = json.loads((tmp_path / "site/search/search_index.json").read_text(encoding="utf-8"))
    last = {page["location"].partition("#")[0] for page in index["docs"] if page.get("boost", 1) < 1}
    assert "architecture.html" in last
    assert not [page for page in last if not page.startswith(("architecture", "decisions"))]
    console = (tmp_path / "site/how-to/roll-back.html").read_text(encoding="utf-8")
    assert 'href="../assets/copy.css"' in console  # hides prompts and output, which Pygments marks, from the copy
    assert {'class="gp"', 'class="go"'} <= set(re.findall('class="g[po]"', console))


def test_the_demo_runs_without_a_terminal_and_the_tour_is_that_of_the_readme(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    demo = (sys.executable, "scripts/demo.py", str(directory))
    first = run(*demo, cwd=pages.ROOT)
    done = run(*demo, cwd=pages.ROOT)  # it replaces what it made
    assert first == done
    assert (done.code, done.stderr) == (0, "")
    assert "$ gto rollback churn --stage prod\nCreated git tag 'churn#prod#10'" in done.stdout
    assert f"cd {directory}" in done.stdout.splitlines()[-6]
    assert "Studio started on the catalogue, answered and was stopped" in done.stdout.splitlines()[-1]
    tags = run("git", "tag", "--list", cwd=directory).stdout.split()
    assert "churn#prod#7" in tags
    assert "churn#prod#9" not in tags  # the tour ran on a copy: the reader's registry is the one that the pages show


def test_a_part_of_the_tests_is_not_asked_for_the_coverage_of_the_whole() -> None:
    def would_run(*words: str) -> str:
        return run("make", "--dry-run", "--always-make", "test", *words, cwd=pages.ROOT).stdout

    assert "--cov" in would_run()
    assert "pytest -n auto  tests/unit -k names" in would_run("TESTS=tests/unit -k names")
    assert "--cov" not in would_run("TESTS=tests/unit -k names")


def test_the_demo_installs_no_tools_of_the_project() -> None:
    would_install = run("make", "--dry-run", "--always-make", "demo", cwd=pages.ROOT).stdout
    assert "--editable '.[studio]'" in would_install
    assert "test,check,docs" not in would_install


def test_the_demo_leaves_alone_what_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    done = run(sys.executable, "scripts/demo.py", str(tmp_path), cwd=pages.ROOT)
    assert done.code == 1
    assert "did not make it" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]

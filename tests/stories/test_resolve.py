"""Every command that takes a selector finds the same version, and says the same where it finds none."""

from __future__ import annotations

import pytest

from tests.repo import Repo
from tests.stories.healthy import done, said

COMMANDS = (
    ("describe", "{}"),
    ("describe", "{}", "--all"),
    ("get", "{}", "-o", "out"),
    ("ls", "{}"),
    ("url", "{}"),
    ("diff", "{}", "HEAD"),
    ("plots", "{}"),
    ("approve", "{}", "--stage", "dev"),
    ("export", "bom", "{}"),
    ("export", "openlineage", "{}", "--address", "https://example.com/r"),
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """`churn` with a version in prod and one that was deregistered; `old` is deprecated; `gone` has none any more."""
    repo = Repo(tmp_path_factory.mktemp("resolve"))
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.git("config", "user.name", "Ada Lovelace")
    repo.git("config", "user.email", "ada@example.com")
    repo.commit("one", {"dvc.yaml": "artifacts: {churn: {path: m}, old: {path: m}, gone: {path: m}}\n", "m": "1"})
    for name in ("churn", "old", "gone"):
        repo.tag(f"{name}@v1.0.0")
    repo.tag("churn#prod#2")
    repo.tag("old@deprecated")
    repo.tag("gone@v1.0.0!")
    repo.commit("two", {"m": "2"})
    repo.tag("churn@v2.0.0")
    repo.tag("churn@v2.0.0!")
    return repo


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ("churn@v9.0.0", "'churn' has no version 'v9.0.0'"),
        ("churn@v2.0.0", "'churn' has no version 'v2.0.0'"),
        ("churn#dev", "No version in stage 'dev' was found for 'churn'"),
        ("old@v1.0.0", "'old' is deprecated"),
        ("gone@latest", "'gone' has no version any more"),
        ("nobody@v1.0.0", "Cannot find artifact 'nobody'"),
    ],
)
def test_what_a_selector_does_not_find_is_told_in_the_same_words(registry: Repo, selector: str, told: str) -> None:
    for words in COMMANDS:
        if words[:2] == ("export", "openlineage") and selector in {"churn@v2.0.0", "old@v1.0.0"}:
            continue  # it tells what happened: events of what was taken back are events
        said(registry.gto(*(word.format(selector) for word in words)), told)


@pytest.mark.parametrize("selector", ["churn@latest", "churn@v1.0.0", "churn#prod"])
def test_what_a_selector_finds_is_the_same_for_all(registry: Repo, selector: str) -> None:
    assert done(registry.gto("describe", selector, "--path")) == "m\n"
    assert done(registry.gto("get", selector, "-o", "-")) == "1"
    assert '"version": "v1.0.0"' in done(registry.gto("diff", selector, "HEAD", "--json"))

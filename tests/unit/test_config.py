from __future__ import annotations

import pytest

from gto.exceptions import BadFile, WrongConfig
from gto.registry_config import FILE, Config, read_config

EXAMPLE = b"""\
# the registry of the team
index: registry.yaml
types: [model, dataset]
stages:
  - dev
  - prod
log_level: debug
debug: true
emojis: no
enrichments: [{type: cli}]
autoload_enrichments: false
"""


def config(data: bytes | None = None, **environ: str) -> Config:
    return read_config(data, FILE, environ)


def refused(data: bytes | None = None, **environ: str) -> WrongConfig:
    with pytest.raises(WrongConfig) as found:
        config(data, **environ)
    return found.value


@pytest.mark.parametrize("data", [None, b"", b" \n", b"# nothing\n", b"null\n"])
def test_without_settings_the_defaults_stand(data: bytes | None) -> None:
    assert config(data) == Config()
    assert (Config().types, Config().stages, Config().emojis, Config().cache) == (None, None, True, True)


def test_every_setting_of_the_file_is_read() -> None:
    assert config(EXAMPLE) == Config(
        "registry.yaml",
        "debug",
        debug=True,
        emojis=False,
        types=("model", "dataset"),
        stages=("dev", "prod"),
        enrichments=({"type": "cli"},),
        autoload_enrichments=False,
    )


def test_keys_may_be_in_capitals_and_null_allows_anything() -> None:
    assert config(b"STAGES: [dev]\nTypes: null\n").stages == ("dev",)
    assert config(b"TYPES: null\n").types is None


def test_an_empty_list_allows_nothing() -> None:
    assert config(b"stages: []\n").stages == ()


def test_a_file_that_holds_no_settings_is_refused() -> None:
    found = refused(b"- dev\n")
    assert found.message == ".gto: it must hold settings, as in 'stages: [dev, prod]'"


def test_an_unknown_setting_is_refused_with_its_line_and_those_that_are_known() -> None:
    found = refused(b"index: a.yaml\nstage: [dev]\n")
    assert found.message == ".gto, line 2: unknown setting 'stage'"
    assert found.hint.startswith("the settings are autoload_enrichments, debug, emojis, ")
    assert (found.path, found.line) == (".gto", 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stages: dev", "stages: a list of names was expected, as in [dev, prod]"),
        ("stages: [1]", "stages: a list of names was expected, as in [dev, prod]"),
        ("stages: [pr od]", "stages: Invalid name 'pr od'"),
        ("types: {a: b}", "types: a list of names was expected, as in [dev, prod]"),
        ("index: 1", "index: a text was expected, not 1"),
        ("index: ''", "index: a text was expected, not ''"),
        ("index: /etc/passwd", "index: '/etc/passwd' is no file in the repository"),
        ("index: a/../../b", "index: 'a/../../b' is no file in the repository"),
        ('index: "a\\nb"', "index: 'a\nb' is no file in the repository"),
        ("log_level: loud", "log_level: unknown log level 'loud': one of DEBUG, INFO, WARNING, WARN, ERROR"),
        ("log_level: 10", "log_level: unknown log level 10: one of DEBUG"),
        ("emojis: maybe", "emojis: true or false was expected, not 'maybe'"),
        ("debug: 2", "debug: true or false was expected, not 2"),
        ("enrichments: x", "enrichments: a list was expected"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_and_the_reason(text: str, reason: str) -> None:
    found = refused(f"# a comment\n{text}\n".encode())
    assert found.message.startswith(f".gto, line 2: {reason}")


def test_a_file_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(BadFile) as found:
        config(b"stages: [dev\n")
    assert found.value.path == ".gto"


def test_the_environment_stands_over_the_file() -> None:
    found = config(
        EXAMPLE, GTO_INDEX="b.yaml", GTO_STAGES='["qa"]', GTO_EMOJIS="1", gto_debug="0", GTO_LOG_LEVEL="INFO"
    )
    assert (found.index_file, found.stages, found.emojis, found.debug, found.log_level) == (
        "b.yaml",
        ("qa",),
        True,
        False,
        "INFO",
    )
    assert found.types == ("model", "dataset")


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ('["dev", "prod"]', ("dev", "prod")),
        (" [] ", ()),
        ("null", None),
        ("dev", ("dev",)),
        ("dev, prod ,,", ("dev", "prod")),
    ],
)
def test_a_list_in_the_environment_is_json_or_separated_by_commas(text: str, stages: tuple[str, ...] | None) -> None:
    assert config(GTO_STAGES=text).stages == stages


def test_a_wrong_variable_is_refused_by_its_name() -> None:
    assert refused(GTO_STAGES="[dev]").message.startswith("GTO_STAGES: '[dev]' is no JSON list: ")
    assert refused(GTO_STAGES='"dev"').message == "GTO_STAGES: a list of names was expected, as in [dev, prod]"
    assert refused(GTO_TYPES="a b").message == "GTO_TYPES: Invalid name 'a b'"
    assert refused(GTO_EMOJIS="maybe").message == "GTO_EMOJIS: true or false was expected, not 'maybe'"
    assert refused(GTO_LOG_LEVEL="loud").message.startswith("GTO_LOG_LEVEL: unknown log level 'loud'")
    assert refused(GTO_CACHE="perhaps").message == "GTO_CACHE: true or false was expected, not 'perhaps'"


@pytest.mark.parametrize(("text", "cache"), [("false", False), ("0", False), (" ON ", True), ("Yes", True)])
def test_the_cache_is_set_by_its_variable_alone(text: str, cache: bool) -> None:  # noqa: FBT001  a case
    assert config(GTO_CACHE=text).cache is cache
    assert refused(b"cache: false\n").reason == "unknown setting 'cache'"


def test_enrichments_are_read_from_the_file_alone() -> None:
    assert config(GTO_ENRICHMENTS="x").enrichments == ()


def test_doctor_prints_the_settings() -> None:
    assert config(EXAMPLE).lines() == [
        "INDEX='registry.yaml'",
        "CONFIG_FILE_NAME='.gto'",
        "LOG_LEVEL='debug'",
        "DEBUG=True",
        "EMOJIS=False",
        "types=['model', 'dataset']",
        "stages=['dev', 'prod']",
        "enrichments=[{'type': 'cli'}]",
        "autoload_enrichments=False",
    ]
    assert "stages=None" in Config().lines()

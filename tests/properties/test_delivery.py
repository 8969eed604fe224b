"""Whatever a stranger writes into DVC's files, reading them ends with outputs or with BadFile."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from gto.dvc.config_file import parse_ini
from gto.dvc.dir_listing import hash_of, parse_listing
from gto.dvc.dvc_file import read_dvc_file
from gto.dvc.lock_file import read_outputs
from gto.dvc.pipeline import PipelineFile
from gto.exceptions import BadFile

KEYS = (
    *("outs", "deps", "wdir", "path", "md5", "hash", "size", "nfiles", "files", "cloud", "relpath", "repo", "remote"),
    *("url", "rev_lock", "version_id", "isexec", "cache", "schema", "stages", "t@a", "foreach", "do", "matrix", "vars"),
    *("item", "cmd", "metrics", "plots", "t"),
)
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        ("md5", MD5, f"{MD5}.dir", "../x", "/x", "a/b", "2.0", "${item}", "${item.a}", "${", "s3://b/k", "")
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)),
    max_leaves=25,
)
ENTRY = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)


def written(value: object) -> bytes:
    return json.dumps(value).encode()


@given(
    st.one_of(
        st.binary(max_size=60), VALUES.map(written), st.lists(ENTRY, max_size=2).map(lambda e: written({"outs": e}))
    )
)
@example(written({"outs": [{"path": "a", "md5": []}]}))
@example(written({"outs": [{"path": "a", "hash": [], "md5": "x"}]}))
def test_a_dvc_file_gives_outputs_in_the_repository_or_is_bad(data: bytes) -> None:
    with suppress(BadFile):
        for output in read_dvc_file(data, "sub/m.dvc"):
            assert not output.path.startswith(("/", "../"))


@given(VALUES, st.dictionaries(st.sampled_from(("t", "t@a", "x")), ENTRY, max_size=3), ENTRY)
def test_a_lock_gives_outputs_in_the_repository_or_is_bad(
    whole: object, locked: dict[str, object], stage: dict[str, object]
) -> None:
    try:
        pipeline = PipelineFile.parse(written({"stages": {"t": stage, "t@a": stage}}), "dvc.yaml", lambda _: None)
    except BadFile:
        return
    for value in (whole, {"schema": "2.0", "stages": locked}, locked):
        with suppress(BadFile):
            for output in read_outputs(written(value), "dvc.lock", pipeline).outputs:
                assert not output.path.startswith(("/", "../"))


@given(st.one_of(st.binary(max_size=60), st.text("[]'\"=#\n ab").map(str.encode)))
def test_a_configuration_is_read_or_is_bad(data: bytes) -> None:
    with suppress(BadFile):
        assert isinstance(parse_ini(data, "config"), dict)


@given(st.one_of(st.binary(max_size=60), VALUES.map(written), st.lists(ENTRY, max_size=3).map(written)))
def test_a_listing_has_only_paths_that_stay_inside_or_is_bad(data: bytes) -> None:
    with suppress(BadFile):
        for one in parse_listing(data, "md5", "x"):
            assert not one.path.startswith("/")
            assert ".." not in one.path.split("/")


@given(st.dictionaries(st.from_regex("[a-z]{1,4}(/[a-z]{1,3})?", fullmatch=True), st.just(MD5), max_size=4))
def test_the_hash_of_a_listing_does_not_depend_on_the_order(files: dict[str, str]) -> None:
    assert hash_of(files.items()) == hash_of(reversed(list(files.items())))

import pytest

from gto.dvc.paths import from_directory, from_root, is_url


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        ("models/x.pkl", "", "models/x.pkl"),
        ("./models//x/../y/", "", "models/y"),
        ("x.pkl", "sub/dir", "sub/dir/x.pkl"),
        ("../x.pkl", "sub/dir", "sub/x.pkl"),
        ("../../..x", "sub/dir", "..x"),
        (".", "sub", "sub"),
        ("s3://bucket/a//b", "sub", "s3://bucket/a//b"),
        ("/data//x", "sub", "/data//x"),
        (r"C:\models\x", "sub", r"C:\models\x"),
        ("a:b", "sub", "sub/a:b"),
    ],
)
def test_a_path_is_seen_from_the_root(path: str, directory: str, expected: str) -> None:
    assert from_root(path, directory) == expected


@pytest.mark.parametrize(
    ("path", "why"),
    [("", "empty"), ("a\0b", "control"), ("a\nb", "control"), ("../../x", "out of the repository")],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        from_root(path, "sub")


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        ("models/x", "", "models/x"),
        ("models/x", "models", "x"),
        ("x", "sub/dir", "../../x"),
        ("https://host/x", "sub", "https://host/x"),
    ],
)
def test_a_path_is_written_as_its_file_sees_it(path: str, directory: str, expected: str) -> None:
    assert from_directory(path, directory) == expected


def test_a_url_has_a_scheme() -> None:
    assert is_url("s3://bucket/key")
    assert not is_url("/srv/http://x")
    assert not is_url("a/b")
    assert not is_url("a b://c")

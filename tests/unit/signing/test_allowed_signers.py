"""Files of allowed signers, and what OpenSSH makes of the same lines."""

from __future__ import annotations

import itertools
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from gto.signing.allowed_signers import matches, parse, parse_keys
from tests.signing import Keys, need

if TYPE_CHECKING:
    from pathlib import Path

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxZbTLKU7NkzNkNZy1kMC5qGv2LGuZ7Gx4aCyp7Gt0M"
NOON = 1641038400
"""2022-01-01T12:00:00Z."""


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """A key, and a text that it signed."""
    need("ssh-keygen", "openssh-client")
    keys = Keys(tmp_path_factory.mktemp("keys"))
    key = keys.make("ada")
    (keys.place / "text").write_text("text\n", encoding="utf-8")
    words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "git", str(keys.place / "text")]
    subprocess.run(words, check=True, capture_output=True)
    return keys


def is_allowed_by_openssh(keys: Keys, line: str, name: str, second: int) -> bool:
    keys.allow(line)
    at = time.strftime("%Y%m%d%H%M%S", time.gmtime(second)) + "Z"
    words = ["ssh-keygen", "-Y", "verify", "-n", "git", "-f", str(keys.signers), "-I", name, f"-Overify-time={at}"]
    with (keys.place / "text").open("rb") as text:
        result = subprocess.run(
            [*words, "-s", str(keys.place / "text.sig")], stdin=text, capture_output=True, check=False
        )
    return result.returncode == 0


def is_allowed_by_us(line: str, name: str, second: int) -> bool:
    signers, _ = parse(line.encode())
    return any(
        matches(name, one.principals) and one.is_for("git") and one.is_valid(second) and not one.is_authority
        for one in signers
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ada@example.com KEY", True),
        ("  ada@example.com\tKEY with a comment  ", True),
        ('"ada@example.com" KEY', True),
        ("# ada@example.com KEY", False),
        ("bob@example.com,ada@example.com KEY", True),
        ("*@example.com KEY", True),
        ("a?a@example.com KEY", True),
        ("a?@example.com KEY", False),
        ("*@example.com,!ada@* KEY", False),
        ("!ada@*,*@example.com KEY", False),
        ("!bob@*,*@example.com KEY", True),
        ("[a]da@example.com KEY", False),
        ('ada@example.com namespaces="git" KEY', True),
        ('ada@example.com NameSpaces="fi*,g?t" KEY', True),
        ('ada@example.com namespaces="*,!git" KEY', False),
        ('ada@example.com namespaces="" KEY', False),
        ('ada@example.com namespaces="a\\"b,git" KEY', True),
        ('ada@example.com namespaces="git\\" KEY', False),
        ('ada@example.com namespaces="git\\\\" KEY', False),
        ("a*@*a*e.com KEY", True),
        ("a**@?*com KEY", True),
        ("*a KEY", False),
        ("ada@example.com* KEY", True),
        ("ada@example.com? KEY", False),
        ("ada@example.com cert-authority KEY", False),
        ('ada@example.com valid-after="20220101Z" KEY', True),
        ('ada@example.com valid-after="202201011200Z" KEY', True),
        ('ada@example.com valid-after="20220101120000Z" KEY', True),
        ('ada@example.com valid-after="20220101120001Z" KEY', False),
        ('ada@example.com valid-before="20220101120000Z" KEY', True),
        ('ada@example.com valid-before="20220101115959Z" KEY', False),
        ('ada@example.com valid-after="20210101",valid-before="20230101" KEY', True),
        ('ada@example.com valid-after="20230101",valid-before="20210101" KEY', False),
        ('ada@example.com valid-after="2022-01-01" KEY', False),
        ('ada@example.com valid-after="20220101",valid-after="20220101" KEY', False),
        ("ada@example.com valid-after=20220101 KEY", False),
        ('ada@example.com nonsense="1" KEY', False),
        ('ada@example.com namespaces="git", KEY', False),
        ('ada@example.com namespaces="git KEY', False),
        ("ada@example.com", False),
        ("KEY", False),
    ],
)
def test_a_line_allows_what_openssh_allows(line: str, expected: bool, signed: Keys) -> None:  # noqa: FBT001  a column
    text = line.replace("KEY", signed.public("ada"))
    assert is_allowed_by_us(text, "ada@example.com", NOON) is expected
    assert is_allowed_by_openssh(signed, text, "ada@example.com", NOON) is expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("day", ["20220101", "20220701"])
def test_a_time_without_a_z_is_local_as_it_is_for_openssh(
    zone: str, day: str, signed: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    line = f'ada@example.com valid-after="{day}1200" {signed.public("ada")}'
    (signer,), _ = parse(line.encode())
    assert signer.after is not None
    for second in (signer.after - 1, signer.after):
        assert is_allowed_by_openssh(signed, line, "ada@example.com", second) is (second == signer.after)


def test_what_cannot_be_read_is_set_aside_with_the_number_of_its_line() -> None:
    lines = [
        "# comment", "", f"ada@example.com {KEY}", "ada@example.com", "bob@example.com ssh-ed25519 AAAA",
        f'carl@example.com valid-before="soon" {KEY}', f'"dora@example.com {KEY}', "eve@example.com ssh-rsa !!!",
        f'fay@example.com valid-after="19700101Z" {KEY}', f'gus@example.com valid-after="20220231Z" {KEY}',
    ]  # fmt: skip
    signers, bad = parse("\n".join(lines).encode())
    assert [one.principals for one in signers] == ["ada@example.com"]
    assert [one.number for one in bad] == list(range(4, 11))
    assert all(one.reason for one in bad)


def test_a_list_of_keys_may_have_options_and_comments_and_nothing_else() -> None:
    keys = parse_keys(f'# lost\n\n{KEY} ada\nno-pty,from="a b" {KEY}\n'.encode())
    assert len(keys) == 1
    with pytest.raises(ValueError, match="line 2: the key cannot be read"):
        parse_keys(f"{KEY}\nAAAA\n".encode())


def test_a_pattern_fits_what_it_says_and_nothing_else() -> None:
    words = ["".join(letters) for size in range(5) for letters in itertools.product("ab", repeat=size)]
    patterns = ["".join(letters) for size in range(5) for letters in itertools.product("ab*?", repeat=size)]
    for pattern in patterns:
        expected = re.compile(pattern.replace("*", ".*").replace("?", "."))
        for word in words:
            assert matches(word, pattern) is bool(expected.fullmatch(word)), (word, pattern)


def test_a_long_pattern_takes_no_long_time() -> None:
    assert not matches("a" * 64, "*" * 64 + "b")
    assert not matches("a" * 64, "*a" * 32 + "b")


@pytest.mark.parametrize("place", ["no such place"])
def test_a_name_with_blanks_may_be_quoted(place: str, tmp_path: Path) -> None:
    (signer,), problems = parse(f'"{place}" {KEY}\n'.encode())
    assert (signer.principals, problems) == (place, [])
    assert tmp_path.exists()

"""`gto export readme`: a table that can be read back, kept between markers and nothing else touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from gto.export import inventory, readme
from gto.registry.registry import Registry
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

BEGIN, END = readme.BEGIN, readme.END


def parsed(text: str) -> list[list[str | None]]:
    r"""The cells of a Markdown table, as GitHub's rules take them: `\|` is a bar, a code span ends with its fence."""
    found: list[list[str | None]] = []
    for line in text.splitlines():
        cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
        found.append([cell_of(cell.strip().replace("\\|", "|")) for cell in cells])
    return [found[0], *found[2:]]


def cell_of(text: str) -> str | None:
    if text == "-":
        return None
    match = re.fullmatch(r"(`+)( ?)(.*?)\2\1", text)
    if match is None:
        return text  # a heading
    assert match[1] not in re.findall("`+", match[3])
    return match[3]


def write(repo: Repo, data: bytes, *args: str) -> bytes:
    place = repo.path / "README.md"
    place.write_bytes(data)
    done(repo.gto("export", "readme", "--write", "README.md", *args))
    return place.read_bytes()


def test_the_table_reads_back(filled: Repo) -> None:
    text = done(filled.gto("export", "readme"))
    expected = readme.table(inventory.read(Registry.open(str(filled.path))))
    shown = [[None if cell is None else str(cell) for cell in row] for row in expected.rows]
    found = parsed(text)
    assert found[0] == list(expected.columns) == ["artifact", "type", "latest", "#dev", "description"]
    assert [row[:-1] for row in found[1:]] == [row[:-1] for row in shown]
    assert [row[0] for row in found[1:]] == ["churn", "eu:churn", "table", "trap"]
    # What reorders a line is shown as an escape; everything else comes back as it was.
    assert [row[-1] for row in found[1:]] == [row[-1] and row[-1].replace("\u202e", "\\u202e") for row in shown]


def test_what_strangers_wrote_is_only_text(filled: Repo) -> None:
    line = next(line for line in done(filled.gto("export", "readme")).splitlines() if "trap" in line)
    without_code = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", line)
    assert "<" not in without_code
    assert "[" not in without_code


def test_a_long_description_is_cut_and_a_name_never(repo: Repo) -> None:
    name = "n" * 190
    repo.commit("one", {"dvc.yaml": f"artifacts: {{{name}: {{path: m, desc: {'word ' * 60}}}}}\n"})
    row = parsed(done(repo.gto("export", "readme")))[1]
    assert row[0] == name
    assert row[-1] is not None
    assert len(row[-1]) == 120
    assert row[-1].endswith("...")


def test_an_empty_registry_says_so(repo: Repo) -> None:
    assert done(repo.gto("export", "readme")) == "There is no artifact.\n"


@pytest.mark.parametrize(
    ("before", "start", "end"),
    [
        (b"", b"", b"\n"),
        (b"# Title\n", b"# Title\n\n", b"\n"),
        (b"# Title", b"# Title\n\n", b""),
        (b"# Title\r\nmore\r\n", b"# Title\r\nmore\r\n\r\n", b"\r\n"),
        (b"# \xff\xfe no UTF-8\n", b"# \xff\xfe no UTF-8\n\n", b"\n"),
    ],
)
def test_a_file_without_markers_gets_them_at_its_end(filled: Repo, before: bytes, start: bytes, end: bytes) -> None:
    after = write(filled, before)
    assert after.startswith(start + BEGIN.encode())
    assert after.endswith(END.encode() + end)
    if b"\r\n" in before:
        assert b"\n" not in after.replace(b"\r\n", b"")
    assert write(filled, after) == after


@pytest.mark.parametrize(
    ("around", "middle"),
    [
        (f"# A\n\n{BEGIN}\n|{END}\n\ntail", "old\n"),
        (f"# A\r\n{BEGIN}\r\n|{END}\r\n\ttail \r\n\r\n\r\n", "old\r\n<!-- not: gto:end -->\r\n"),
        (f"  {BEGIN}  \n|\t{END}", ""),
        (f"text `{END}` text\n{BEGIN}\n|{END}\n``{BEGIN} ` ``\n", "x\n"),
        (f"\ufeff{BEGIN}\r\n|{END}\r\n", "x\r\n"),
        (f"```\n{BEGIN}\n{END}\n```\n{BEGIN}\n|{END}\n", "x\n"),
        (f"{BEGIN}\n|{END}\n> ~~~~ html\n> {BEGIN}\n> ~~~\n> {END}\n> ~~~~\n", f"> {BEGIN} inside\n"),
        (f"1. ```md\n   {BEGIN}\n   ```\n{BEGIN}\n|{END}\n```\nnever ends\n{END}\n", "x\n"),
        (f"``` not `code`\n{BEGIN}\n|{END}\n", "x\n"),
    ],
)
def test_every_byte_outside_of_the_markers_stays(filled: Repo, around: str, middle: str) -> None:
    head, tail = around.encode().split(b"|")
    after = write(filled, head + middle.encode() + tail)
    assert after.startswith(head.rstrip(b"\r\n"))
    assert after.endswith(tail)
    inside = after[len(head) : len(after) - len(tail)].decode()
    assert "churn" in inside
    assert "old" not in inside
    assert write(filled, after) == after


def test_markers_in_a_block_of_code_are_an_example_and_the_table_is_put_at_the_end(filled: Repo) -> None:
    before = f"# A\n\n````md\n{BEGIN}\n```\n{END}\n````\n".encode()
    after = write(filled, before)
    assert after.startswith(before + b"\n" + BEGIN.encode())
    assert write(filled, after) == after


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"{BEGIN}\n", 1, "not one pair"),
        (f"{END}\n", 1, "not one pair"),
        (f"{END}\n{BEGIN}\n", 1, "not one pair"),
        (f"x\n{BEGIN}\n{END}\n{BEGIN}\n{END}\n", 4, "not one pair"),
        (f"{BEGIN}\n{BEGIN}\n{END}\n", 2, "not one pair"),
        (f"x\n{BEGIN} {END}\n", 2, "a line of its own"),
        (f"> {BEGIN}\n> {END}\n", 1, "a line of its own"),
        ("x\ny\n<!--gto:begin-->\n<!--gto:end-->\n", 3, "a line of its own"),
        ("<!-- GTO:BEGIN -->\n", 1, "a line of its own"),
        (f"{BEGIN}\nold\n{END}\nx {END}\n", 4, "a line of its own"),
        (f"x\n```\n{BEGIN}\n{END}\n", 2, "never ends"),
    ],
)
def test_markers_that_are_no_pair_are_refused(filled: Repo, text: str, line: int, reason: str) -> None:
    (filled.path / "README.md").write_text(text, encoding="utf-8")
    said(filled.gto("export", "readme", "--write", "README.md"), f"README.md, line {line}:", reason)
    assert (filled.path / "README.md").read_text(encoding="utf-8") == text


def test_check_tells_whether_the_file_is_up_to_date_and_writes_nothing(filled: Repo) -> None:
    place = filled.path / "README.md"
    place.write_text("# Title\n", encoding="utf-8")
    args = ("export", "readme", "--write", "README.md")
    assert done(filled.gto(*args, "--check"), 1) == "README.md is out of date\n"
    assert place.read_text(encoding="utf-8") == "# Title\n"
    assert done(filled.gto(*args)) == "README.md was brought up to date\n"
    written, status = place.read_bytes(), place.stat()
    assert done(filled.gto(*args, "--check")) == "README.md is up to date\n"
    assert done(filled.gto(*args)) == "README.md is up to date\n"
    assert (place.read_bytes(), place.stat().st_mtime_ns) == (written, status.st_mtime_ns)
    filled.commit()
    done(filled.gto("register", "churn", "--version", "v3.0.0"))
    done(filled.gto(*args, "--check"), 1)


def test_a_link_stays_a_link_and_the_mode_stays(filled: Repo) -> None:
    target = filled.path / "docs.md"
    target.write_text("x\n", encoding="utf-8")
    target.chmod(0o755)
    (filled.path / "README.md").unlink()
    (filled.path / "README.md").symlink_to("docs.md")
    done(filled.gto("export", "readme", "--write", "README.md"))
    assert (filled.path / "README.md").is_symlink()
    assert "churn" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o755


def test_what_cannot_be_done_is_one_line(filled: Repo) -> None:
    said(filled.gto("export", "readme", "--write", "none.md"), "There is no file 'none.md'")
    (filled.path / "wide.md").write_bytes("# Title\n".encode("utf-16"))
    said(filled.gto("export", "readme", "--write", "wide.md"), "wide.md", "no text")
    assert filled.gto("export", "readme", "--check").code == 2
    assert filled.gto("export", "readme", "--write", "a", "--out", "b").code == 2


def test_a_reader_of_markdown_sees_a_table(filled: Repo) -> None:
    html = MarkdownIt("commonmark").enable("table").render(done(filled.gto("export", "readme")))
    assert html.count("<tr>") == 5
    assert "<script>" not in html
    assert "[x](javascript:1)" in html
    assert "href" not in html


def test_a_link_out_of_the_repository_is_not_followed(filled: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"important\n")
    (filled.path / "LINK.md").symlink_to(outside)
    for words in (("readme", "--write"), ("csv", "-o")):
        said(filled.gto("export", *words, "LINK.md"), "link out of the repository")
    assert outside.read_bytes() == b"important\n"
    (filled.path / "inside.md").write_bytes(b"")
    (filled.path / "NEAR.md").symlink_to("inside.md")
    done(filled.gto("export", "readme", "--write", "NEAR.md"))
    assert BEGIN.encode() in (filled.path / "inside.md").read_bytes()

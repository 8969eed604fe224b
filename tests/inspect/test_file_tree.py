import io
import struct
import zipfile

import pytest

from gto.inspect.file_tree import zip_tree
from gto.inspect.model_file import Allowance, UnreadableModel
from tests.model_files import model_file

TEXT = b"text " * 100


def archive(name: str = "a", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as opened:
        opened.writestr(name, TEXT)
    return written.getvalue()


def directory(at: int, form: str, value: int, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of which the directory at the end says something else of its member."""
    data = bytearray(archive(method=method))
    struct.pack_into(form, data, data.index(b"PK\1\2") + at, value)
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_is_read_whole_or_in_parts(method: int) -> None:
    tree = zip_tree(model_file(archive("directory/a", method)))
    assert tree.read("directory/a") == TEXT
    assert tree.below("directory").open("a").read(5, 4) == b"text"
    assert not tree.below("other").paths


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(archive()[:-8], id="cut"),
        pytest.param(archive().replace(b"a", b"\0"), id="a name that is empty"),
        pytest.param(directory(28, "<H", 0), id="a name without a length"),
        pytest.param(directory(42, "<I", 1 << 31), id="a member beyond the end"),
        pytest.param(directory(24, "<I", 1 << 31), id="a member of two gigabytes"),
        pytest.param(directory(24, "<I", 1 << 31, zipfile.ZIP_STORED), id="a plain member of two gigabytes"),
        pytest.param(directory(24, "<I", 10), id="a member that is longer than it says"),
        pytest.param(directory(16, "<I", 7), id="a wrong checksum"),
        pytest.param(directory(8, "<H", 1), id="encrypted"),
        pytest.param(directory(10, "<H", zipfile.ZIP_BZIP2), id="packed in another way"),
    ],
)
def test_an_archive_that_lies_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableModel):
        zip_tree(model_file(data)).read("a")


def test_an_archive_in_which_loaders_could_read_another_one_is_refused() -> None:
    data = archive()
    end = data.index(b"PK\5\6")
    for lies in (b"I." + data, data + b"more", data[:end] + data[data.index(b"PK\1\2") :]):
        with pytest.raises(UnreadableModel, match=r"does not (begin|end) as a ZIP archive does"):
            zip_tree(model_file(lies))


def test_two_members_whose_names_differ_in_the_size_of_letters_are_refused() -> None:
    written = io.BytesIO(archive())
    with zipfile.ZipFile(written, "a") as opened:
        opened.writestr("A", TEXT)
    with pytest.raises(UnreadableModel, match="one name"):
        zip_tree(model_file(written.getvalue()))


def test_what_comes_of_unpacking_is_counted() -> None:
    tree = zip_tree(model_file(archive(), allowance=Allowance(1 << 20, 3 * len(TEXT))))
    for _ in range(3):
        tree.read("a")
    with pytest.raises(UnreadableModel, match="more than 1,500 bytes would have to be unpacked"):
        tree.read("a")

from __future__ import annotations

from gto.lineage.requirements import _packages

TEXT = """\
numpy==1.2 \\
    --hash=sha256:abc
scikit_learn[x]>=1,<2 ; python_version > "3" # a comment
-r other.txt
./local
model @ https://example.com/model.whl#egg=1
""" + "nested; " + "(" * 100_000  # fmt: skip


def test_lines_are_read_as_pip_reads_them_and_what_is_no_package_is_left_out() -> None:
    assert dict(_packages(TEXT)) == {
        "numpy": "==1.2",
        "scikit-learn": "<2,>=1",
        "model": "https://example.com/model.whl#egg=1",
    }

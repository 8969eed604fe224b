from __future__ import annotations

from gto.git.objects import GitObject, parse_tree

OID = "a" * 40
BLOB = b"100644 dvc.yaml\0" + bytes.fromhex("b" * 40)


def test_a_tree_s_files_are_named_with_their_ids_and_submodules_are_none() -> None:
    tree = BLOB + b"160000 inner\0" + bytes.fromhex("c" * 40)
    assert parse_tree(GitObject(OID, "tree", tree)) == {b"dvc.yaml": "b" * 40}


def test_of_a_tree_that_has_not_git_s_form_the_sound_part_counts() -> None:
    assert parse_tree(GitObject(OID, "tree", BLOB + b"100644 zzz")) == {b"dvc.yaml": "b" * 40}
    assert parse_tree(GitObject(OID, "blob", BLOB)) == {}

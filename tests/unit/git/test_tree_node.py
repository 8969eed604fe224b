"""Trees as nodes."""

from gto.git.objects import GitObject
from gto.git.tree import Entry, TreeEntry
from gto.git.tree_node import CommitListing, TreeNode, from_listed, parse_entries

FILE, DIRECTORY, LINK = "100644", "040000", "120000"


def test_a_tree_is_walked_in_gits_order_and_asked_by_name() -> None:
    listed = [
        TreeEntry(DIRECTORY, "1", "a"),
        TreeEntry(FILE, "2", "a/dvc.yaml"),
        TreeEntry(LINK, "3", "a/l"),
        TreeEntry(FILE, "4", "dvc.yaml"),
    ]
    node = from_listed(iter(listed))
    assert [path for path, _ in node.walk()] == ["a", "a/dvc.yaml", "a/l", "dvc.yaml"]
    assert sorted(path for path, _ in node.named("dvc.yaml")) == ["a/dvc.yaml", "dvc.yaml"]
    assert node.links() == ["a/l"]
    listing = CommitListing("c", node)
    assert listing["a/l"] == Entry(LINK, "3")
    assert listing.get("a/none") is None
    assert list(listing) == ["", "a", "a/dvc.yaml", "a/l", "dvc.yaml"]


def test_a_tree_may_be_deeper_than_pythons_calls() -> None:
    paths = ["/".join(["d"] * depth) for depth in range(1, 1100)]
    node = from_listed(TreeEntry(DIRECTORY, "1", path) for path in paths)
    assert [path for path, _ in node.walk()] == paths
    assert [path for path, _ in node.named("d")] == paths
    assert node.links() == []


def test_modes_are_those_that_git_prints_and_names_that_lead_elsewhere_are_left_out() -> None:
    body = b"".join(mode + b" " + name + b"\0" + b"\1" * 20 for mode, name in [
        (b"40000", b"d"), (b"100664", b"f"), (b"100775", b"x"), (b"160000", b"s"),
        (b"100644", b".."), (b"100644", b"a/b"),
    ])  # fmt: skip
    found = parse_entries(GitObject("0" * 40, "tree", body))
    assert found is not None
    assert {name: entry.mode for name, entry in found.items()} == {
        "d": DIRECTORY,
        "f": FILE,
        "x": "100755",
        "s": "160000",
    }
    assert parse_entries(GitObject("0" * 40, "tree", b"100644 a")) is None
    assert parse_entries(None) is None


def test_a_tree_that_holds_one_many_times_is_asked_in_bounds() -> None:
    node = TreeNode({"dvc.yaml": Entry(FILE, "1")}, {})
    for _ in range(8):
        node = TreeNode({name: Entry(DIRECTORY, "2") for name in "abcdefghij"}, dict.fromkeys("abcdefghij", node))
    assert len(node.named("dvc.yaml")) == 10_000

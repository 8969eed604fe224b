"""The top of an artifact's directory, as `gto ls` shows it."""

from gto.delivery.getting import files
from gto.storage.location import Content, Located


def top(located: Located) -> list[dict[str, object]]:
    """Return the files at the top, and the directories there with the size of all that is in them."""
    groups: dict[str, list[Content]] = {}
    for content in located.contents:
        groups.setdefault(content.path.split("/", 1)[0], []).append(content)
    found: list[dict[str, object]] = []
    for name, contents in groups.items():
        if any("/" in one.path for one in contents):
            sizes = [one.size for one in contents]
            total = None if None in sizes else sum(size or 0 for size in sizes)
            found.append({"path": f"{name}/", "size": total, "hash": None, "executable": False})
        else:
            found += files(located._replace(contents=tuple(contents)))
    return found

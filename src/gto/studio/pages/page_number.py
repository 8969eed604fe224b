"""Pages of a long list: which one an address asks for, and how many there are."""

from starlette.datastructures import QueryParams

_DIGITS = 7


def read_number(given: QueryParams) -> int:
    """Return the number of the page that an address asks for, from 1; 1 where it says none."""
    text = given.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 1


def count_pages(total: int, size: int) -> int:
    """Return how many pages there are, each of so many; at least one."""
    return max(1, -(-total // size))

"""Errors of a catalogue of repositories."""

from gto.exceptions.error_kinds import Conflict, NotFound


class NoCatalogue(NotFound):
    """There is no file that lists repositories."""

    def __init__(self, path: str, *, is_own: bool) -> None:
        """Keep the path; `is_own` says whether it is where the user's own catalogue would be."""
        option = "" if is_own else f" --catalog {path}"
        super().__init__(f"There is no catalogue in '{path}'", f"`gto repos add PATH{option}` begins one")
        self.path = path


class RepositoryNotFound(NotFound):
    """The catalogue has no repository of that name."""

    def __init__(self, name: str, question: str = "") -> None:
        """Keep the name; `question` asks whether another one was meant."""
        hint = f"{question} `gto repos list` lists them".lstrip()
        super().__init__(f"No repository of the catalogue is called '{name}'", hint)
        self.name = name


class NameTaken(Conflict):
    """Another repository of the catalogue has that name."""

    def __init__(self, name: str, other: str) -> None:
        """Keep the name and what has it."""
        super().__init__(f"The name '{name}' is taken in the catalogue, by '{other}'", "choose another with --name")
        self.name = name

"""Errors of what a team's rules forbid: its policy, the stages and types that it lists, the keys that it trusts."""

from collections.abc import Iterable

from gto.exceptions.error_kinds import Conflict


class PolicyRefused(Conflict):
    """A policy does not allow what was to be written, or what a tag says."""

    def __init__(self, ref: str, reasons: Iterable[str], hint: str = "", where: str = "") -> None:
        """Keep the tag, the reasons, and where the policy was found."""
        self.ref = ref
        self.reasons = tuple(reasons)
        self.where = where
        source = f" (policy of {where})" if where else ""
        super().__init__(f"'{ref}' is refused: {'; '.join(self.reasons)}{source}", hint)


class FilesNotSigned(Conflict):
    """No trusted key signed the files of a version, and one is required."""

    def __init__(self, what: str, reasons: Iterable[str] = ()) -> None:
        """`what` is artifact and version; `reasons` say of each signature why it is not good."""
        self.reasons = tuple(reasons)
        told = "; ".join(self.reasons) or "nobody signed them"
        hint = f"`gto verify {what} --files` tells more; `gto sign {what} --key k.pem` signs them"
        super().__init__(f"No trusted key signed the files of '{what}': {told}", hint)
        self.what = what


class StageNotAllowed(Conflict):
    """The configuration lists the stages, and this one is not among them."""

    def __init__(self, stage: str, allowed: Iterable[str]) -> None:
        """Keep the stage and the list."""
        self.stage = stage
        self.allowed = tuple(allowed)
        super().__init__(f"Allowed stages are: '{list(self.allowed)}'", f"'{stage}' is not one of them: see .gto")


UnknownStage = StageNotAllowed  # its name in GTO 1.10


class TypeNotAllowed(Conflict):
    """The configuration lists the artifact types, and this one is not among them."""

    def __init__(self, type_: str, allowed: Iterable[str]) -> None:
        """Keep the type and the list."""
        self.type = type_
        self.allowed = tuple(allowed)
        super().__init__(f"Allowed types are: '{list(self.allowed)}'", f"'{type_}' is not one of them: see .gto")


UnknownType = TypeNotAllowed  # its name in GTO 1.10

"""The options that have signatures checked: --verify, --require-signed, --allowed-signers."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from gto.cli import options, render
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gto.core.signature import Signature
    from gto.registry.registry import Registry
    from gto.registry.signatures import Signatures

_verify = click.option("--verify", is_flag=True, help="Check the signatures of tags, and show what they are worth")
_required = click.option(
    "--require-signed", "required", is_flag=True, help="Leave out the events whose signatures are not good"
)


class Proof(NamedTuple):
    """Whether signatures are shown, whether they must be good, and the file that says whose keys count."""

    shown: bool
    required: bool
    signers: str | None

    def begin(self, registry: Registry) -> Signatures | None:
        """Have the events checked that are read from now on; None where nobody asks for it."""
        if not self.shown and not self.required:
            return None
        from gto.registry.signatures import Signatures, whom_to_trust

        trusted = whom_to_trust(registry, options.read_signers(self.signers))
        return Signatures(registry, trusted, required=self.required)

    def refuse(self) -> None:
        """Refuse the options where several repositories are read."""
        if self.shown or self.required:
            word = "--verify" if self.shown else "--require-signed"
            raise UsageError(f"{word} is for one repository", "leave --all out, and name a repository with --repo")


def note_left_out(found: Signatures | None) -> None:
    """Say how many events are not shown because of their signatures."""
    if found is not None and found.left_out:
        count = len(found.left_out)
        render.note(f"note: {count} event(s) are left out, their signatures are not good: `gto verify` says why")


def cells(found: Iterable[Signature | None]) -> list[str | None]:
    """Return the cells of a column that shows what signatures are worth."""
    return [None if one is None else one.trust.value for one in found]


def checked(*, shown: bool = True) -> Callable[[options.Function], options.Function]:
    """Declare the options, without --verify where nothing is `shown`; the command gets them as one value, `proof`."""

    def declare(function: options.Function) -> options.Function:
        @wraps(function)
        def call(
            *args: Any,  # noqa: ANN401  whatever the command takes
            required: bool,
            allowed_signers: str | None,
            verify: bool = False,
            **kwargs: Any,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            if allowed_signers is not None and not verify and not required:
                words = "--verify or --require-signed" if shown else "--require-signed"
                raise UsageError("--allowed-signers says whose signatures are good", f"add {words}")
            return function(*args, proof=Proof(verify, required, allowed_signers), **kwargs)

        declared = _required(options.allowed_signers(call))
        return cast("options.Function", _verify(declared) if shown else declared)

    return declare

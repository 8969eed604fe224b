"""The options by which a reader has events checked: --verify, --require-signed, --require-policy, --allowed-signers."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from gto.cli import options, render
from gto.exceptions import PolicyRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gto.registry.registry import Registry
    from gto.registry.signatures import Signatures

_MOST = 3  # events that are named, with the reasons
_verify = click.option("--verify", is_flag=True, help="Check the signatures of tags, and show what they are worth")
_required = click.option(
    "--require-signed", "required", is_flag=True, help="Leave out the events whose signatures are not good"
)

_policy = click.option(
    "--require-policy",
    "by_policy",
    is_flag=True,
    help="Leave out the events that the policy of the remote's default branch refuses",
)


class Proof(NamedTuple):
    """Whether signatures are shown or must be good, whose keys count, and whether the policy decides too."""

    shown: bool
    required: bool
    signers: str | None
    by_policy: bool = False

    def begin(self, registry: Registry) -> Signatures | None:
        """Have the events checked that are read from now on; None where nobody asks for it."""
        signers = options.read_signers(self.signers)
        found = None
        if self.shown or self.required:
            from gto.registry.signatures import Signatures, whom_to_trust

            found = Signatures(registry, whom_to_trust(registry, signers), required=self.required)
        if self.by_policy:  # of what is signed, where that is required too
            from gto.registry.policy.check import require_policy

            require_policy(registry, signers)
        return found

    def refuse(self) -> None:
        """Refuse the options where several repositories are read."""
        if self.shown or self.required or self.by_policy:
            word = "--verify" if self.shown else "--require-signed" if self.required else "--require-policy"
            raise UsageError(f"{word} is for one repository", "leave --all out, and name a repository with --repo")


def refuse_left_out(found: Signatures | None, registry: Registry, ref: str) -> None:
    """Raise PolicyRefused for a tag that is an event, and is left out: a job that it started must not go on."""
    signature = found.left_out.get(ref) if found is not None else None
    if signature is not None:
        reason = f"{signature.trust.value}, {signature.reason}" if signature.reason else signature.trust.value
        raise PolicyRefused(ref, [reason], f"`gto verify '{ref}'` says more")
    if ref in registry.ignored:
        raise PolicyRefused(ref, [registry.ignored[ref]], f"`gto check '{ref}'` says more")


def note_left_out(found: Signatures | None, registry: Registry) -> None:
    """Say how many events are not shown because of their signatures, or because a policy refuses them."""
    if found is not None and found.left_out:
        count = len(found.left_out)
        render.note(f"note: {count} event(s) are left out, their signatures are not good: `gto verify` says why")
    for ref, reason in sorted(registry.ignored.items())[:_MOST]:
        render.note(f"note: '{ref}' is left out: refused: {reason}")
    if len(registry.ignored) > _MOST:
        render.note(f"note: {len(registry.ignored) - _MOST} more event(s) are left out: `gto check TAG` says why")


def checked(*, shown: bool = True) -> Callable[[options.Function], options.Function]:
    """Declare the options, without --verify where nothing is `shown`; the command gets them as one value, `proof`."""

    def declare(function: options.Function) -> options.Function:
        @wraps(function)
        def call(
            *args: Any,  # noqa: ANN401  whatever the command takes
            required: bool,
            by_policy: bool,
            allowed_signers: str | None,
            verify: bool = False,
            **kwargs: Any,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            if allowed_signers is not None and not verify and not required and not by_policy:
                words = f"{'--verify, ' if shown else ''}--require-signed or --require-policy"
                raise UsageError("--allowed-signers says whose signatures are good", f"add {words}")
            return function(*args, proof=Proof(verify, required, allowed_signers, by_policy), **kwargs)

        declared = _required(_policy(options.allowed_signers(call)))
        return cast("options.Function", _verify(declared) if shown else declared)

    return declare

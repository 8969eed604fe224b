"""What the commands share that read files: the selector, --rev, --fetch, whom to trust, which events count."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from gto.cli import options as common
from gto.cli import proof_options
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.cli.proof_options import Proof
    from gto.dvc.output_contents import DataReach
    from gto.dvc.project import Tracked
    from gto.inspect.facts import ModelFacts
    from gto.lineage.fact_sources import FactSources
    from gto.registry.registry import Registry
    from gto.registry.resolve import AnnotatedTarget
    from gto.storage.location import Located

selector = common.name_argument("NAME, NAME@latest, NAME@v1.2.3 or NAME#stage; NAME is its latest version")
_rev = click.option("--rev", metavar="REF", help="Take what is annotated at this commit, branch or tag")
_trust = click.option(
    "--trust-remote",
    is_flag=True,
    help="With a URL: ask the stores that the repository names with your credentials, in private networks too",
)
_local = click.option(
    "--allow-local", is_flag=True, help="With a URL: read paths of this machine that the repository names"
)
_fetch = click.option(
    "--fetch", is_flag=True, help="Read metrics, parameters and plots from DVC's remotes, where its cache has them not"
)


class Delivery(NamedTuple):
    """Which revision is asked for, how far a repository that a URL names is believed, and which events count."""

    rev: str | None
    trust_remote: bool
    allow_local: bool
    proof: Proof

    def find(self, repo: str, name: str) -> tuple[Registry, AnnotatedTarget, Located]:
        """Open the repository, and find what a selector leads to and where its files are."""
        from gto.delivery import get
        from gto.dvc.dvc_config import RepositoryTrust

        registry = common.open_registry(repo)
        signatures = self.proof.begin(registry)
        trust = RepositoryTrust(registry.repo.is_own, self.trust_remote, self.allow_local)
        try:
            chosen, located = get.find(registry, name, self.rev, trust)
        finally:
            proof_options.note_left_out(signatures, registry)
        return registry, chosen, located


class Fetching(NamedTuple):
    """Whether files that DVC keeps are read from its remotes, and how far a repository that a URL names is believed."""

    fetch: bool
    trust_remote: bool
    allow_local: bool

    @property
    def is_asked(self) -> bool:
        """Whether any of the options was given."""
        return any(self)

    def reach(self, registry: Registry) -> DataReach | None:
        """Return where files that DVC keeps are looked for; None for its cache alone."""
        if not self.fetch:
            if self.is_asked:
                raise UsageError("--trust-remote and --allow-local are about what --fetch reads", "add --fetch")
            return None
        from gto.delivery.locate import reach_remotes
        from gto.dvc.dvc_config import RepositoryTrust

        return reach_remotes(registry, RepositoryTrust(registry.repo.is_own, self.trust_remote, self.allow_local))

    def sources(self, registry: Registry) -> FactSources:
        """Return where is looked for what commits do not hold: metrics and parameters, and the model."""
        from gto.dvc.dvc_config import RepositoryTrust
        from gto.lineage.fact_sources import FactSources

        trust = RepositoryTrust(registry.repo.is_own, self.trust_remote, self.allow_local) if self.fetch else None

        def read(commit: str, tracked: Tracked) -> ModelFacts | None:
            from gto.delivery.file_facts import read_file_facts  # what reads stores, where there is a model

            return read_file_facts(registry, trust, commit, tracked)

        return FactSources(self.reach(registry), read)


def fetch_options(function: common.Function) -> common.Function:
    """Declare --fetch, --trust-remote and --allow-local; the command gets them as one value, `fetching`."""

    @wraps(function)
    def call(
        *args: Any,  # noqa: ANN401  whatever the command takes
        fetch: bool,
        trust_remote: bool,
        allow_local: bool,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return function(*args, fetching=Fetching(fetch, trust_remote, allow_local), **kwargs)

    return cast("common.Function", _fetch(trust_options(call)))


def trust_options(function: common.Function) -> common.Function:
    """Declare --trust-remote and --allow-local."""
    return _trust(_local(function))


def options(function: common.Function) -> common.Function:
    """Declare the options; the command gets them as one value, `delivery`."""

    @wraps(function)
    def call(
        *args: Any,  # noqa: ANN401  whatever the command takes
        rev: str | None,
        trust_remote: bool,
        allow_local: bool,
        proof: Proof,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return function(*args, delivery=Delivery(rev, trust_remote, allow_local, proof), **kwargs)

    return cast("common.Function", _rev(trust_options(proof_options.checked(shown=False)(call))))


def held(
    registry: Registry, chosen: AnnotatedTarget, located: Located, given: Sequence[tuple[str, bytes]], proof: Proof
) -> tuple[Located, Sequence[str]]:
    """Return the files with the digests that a trusted key signed, where that is asked for; and what that proves."""
    from gto.delivery import get

    if not (given or proof.required or proof.by_policy or get.has_policy_here(registry)):
        return located, ()
    from gto.delivery.signed_files import SignedWish, hold  # only where it may be asked for

    found = hold(registry, chosen, located, SignedWish(given, proof.required, proof.by_policy))
    return found.located, found.notes

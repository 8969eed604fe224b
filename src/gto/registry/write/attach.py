"""New tags beside the events, whatever they say: made, read back, and held against the policies."""

from collections.abc import Iterable

from gto.core.beside import Beside
from gto.core.event import Problem
from gto.core.snapshot import ArtifactState
from gto.git import tag_writer
from gto.git.approvals import read_beside
from gto.registry.policy import enforce
from gto.registry.policy.enforce import Move
from gto.registry.policy.sources import PolicySource, for_writing
from gto.registry.registry import Registry
from gto.registry.write.transaction import WriteOptions, writer

_BYTES = 6  # of an id: nobody attaches so many tags to one version that two would be alike


def new_id() -> str:
    """Return what sets a new tag apart from others on the same version."""
    import secrets  # only here: it takes longer to import than a small `show`

    return secrets.token_hex(_BYTES)


def make(registry: Registry, manner: WriteOptions, name: str, commit: str, text: str) -> Beside:
    """Write a tag object, which no ref names yet; it is signed where `manner` or git's configuration says so."""
    git = writer(registry, manner)
    who = tag_writer.read_identity(git)
    who = who._replace(sign=who.sign or bool(manner.sign))
    oid = tag_writer.make_tag(git, registry.repo.common_dir, name, commit, text, who)
    (made,) = (one for one in read_beside(registry.git, {name: oid}) if not isinstance(one, Problem))
    return made


def judge(registry: Registry, policies: Iterable[PolicySource], state: ArtifactState, new: Beside) -> None:
    """Raise PolicyRefused where a policy forbids a new tag."""
    for source in policies:
        move = Move(new.ref, None, new.oid)
        for verdict in enforce.judge(for_writing(registry, source), [move], {state.name: state.events}):
            enforce.refuse(verdict, source.where)

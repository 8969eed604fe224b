"""The files of a version held against the bundles that sign them: bytes, SHA-256, key."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.core.policy.explain import fits, has_stage
from gto.delivery.get import about, has_policy_here
from gto.exceptions import FilesNotSigned, TargetTaken, TargetUnwritable
from gto.fs import atomic_write
from gto.fs.regular_file import read_file
from gto.registry import files_signatures, files_signers
from gto.registry.files_signatures import FilesTrust, JudgedFiles
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.signing.ec_key import PublicKey
from gto.signing.model_bundle import LARGEST, ONE_FILE, Bundle
from gto.storage.digests import sha256_of
from gto.storage.download import Progress
from gto.storage.location import Digest, Located

BUNDLE = "model.sig"
"""What a bundle is called beside the files."""
_MOST = 3  # paths that are named


class VerifiedFiles(NamedTuple):
    """The files of a version, and what each signature of them is worth."""

    chosen: AnnotatedTarget
    files: int
    signatures: tuple[JudgedFiles, ...]
    uncovered: tuple[str, ...]
    """The files that the good signatures do not cover."""

    @property
    def good(self) -> int:
        """How many trusted keys signed just these files."""
        return len({one.key for one in self.signatures if one.is_good})

    def dict_state(self) -> dict[str, object]:
        """Return it as `gto verify --files --json` prints it."""
        return {
            **about(self.chosen),
            "files": self.files,
            "signatures": [one.dict_state() for one in self.signatures],
            "not_covered": list(self.uncovered),
            "good": self.good,
        }

    def sum_up(self) -> str:
        """Say in one line what is proved."""
        if not self.signatures:
            return f"nobody signed the files of '{self.chosen.name}@{self.chosen.version}'"
        if not self.good:
            return f"no trusted key signed these {self.files} file(s)"
        signed = self.files - len(self.uncovered)
        return f"{signed} file(s) have the SHA-256 that {self.good} trusted key(s) signed"


def verify_files(
    registry: Registry,
    chosen: AnnotatedTarget,
    located: Located,
    keys: Sequence[PublicKey],
    progress: Progress | None = None,
) -> VerifiedFiles:
    """Read the files, and say of each signature whether a trusted key signed just them.

    Files of Git LFS are not read: their SHA-256 is in Git, and `gto get` holds the bytes against it.
    """
    judged = _judge(registry, chosen, keys)
    wanted = any(one.is_good for one in judged)  # else nothing would come of reading them
    digests = named(located, sha256_of(located.contents, registry.repo, progress)) if wanted else {}
    found = [_with_files(one, digests) for one in judged]
    covered = {path for one in found if one.is_good and one.bundle is not None for path in one.bundle.files}
    uncovered = tuple(sorted(digests.keys() - covered)) if any(one.is_good for one in found) else ()
    return VerifiedFiles(chosen, len(located.contents), tuple(found), uncovered)


def _judge(registry: Registry, chosen: AnnotatedTarget, keys: Sequence[PublicKey]) -> list[JudgedFiles]:
    tags = files_signatures.read(registry, chosen.name, chosen.version, chosen.commit) if chosen.version else []
    return files_signatures.judge(tags, keys)


def _with_files(one: JudgedFiles, digests: Mapping[str, str | None]) -> JudgedFiles:
    reason = difference(one.bundle, digests) if one.is_good and one.bundle is not None else ""
    return one._replace(trust=FilesTrust.OTHER_FILES, reason=reason) if reason else one


def named(located: Located, digests: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return digests under the names that bundles give to the files."""
    return {one.path or ONE_FILE: digests.get(one.path) for one in located.contents}


def difference(bundle: Bundle, digests: Mapping[str, str | None]) -> str:
    """Return in one clause how files are not those of a bundle; empty where they are. None: a digest not known yet."""
    missing = sorted(bundle.files.keys() - digests.keys())
    extra = sorted(path for path in digests.keys() - bundle.files.keys() if not bundle.ignores(path))
    changed = sorted(path for path, one in bundle.files.items() if digests.get(path) not in {None, one})
    kinds = (("missing", missing), ("not signed", extra), ("changed", changed))
    return "; ".join(f"{kind}: {_listed(paths)}" for kind, paths in kinds if paths)


def _listed(paths: Sequence[str]) -> str:
    more = f", and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return ", ".join(f"'{path}'" for path in paths[:_MOST]) + more


class SignedDelivery(NamedTuple):
    """Files that are to be what was signed, and what is worth knowing of that."""

    located: Located
    notes: tuple[str, ...]


def require(registry: Registry, chosen: AnnotatedTarget, located: Located, keys: Sequence[PublicKey]) -> SignedDelivery:
    """Return the files with the SHA-256 that a trusted key signed, in the place of digests that Git promises.

    Who brings them gets these bytes or none. FilesNotSigned is raised where no trusted key signed these files, or two
    signed different ones.
    """
    promised = {
        one.path: one.digest.value for one in located.contents if one.digest and one.digest.algorithm == "sha256"
    }
    digests = named(located, promised)
    found = [_with_files(one, digests) for one in _judge(registry, chosen, keys)]
    good = [one.bundle for one in found if one.is_good and one.bundle is not None]
    what = f"{chosen.name}@{chosen.version or chosen.commit[:7]}"
    if not good:
        raise FilesNotSigned(what, [f"'{one.tag.ref}': {one.reason}" for one in found])
    signed = dict(good[0].files)
    if any(other.files.get(path, digest) != digest for other in good for path, digest in signed.items()):
        raise FilesNotSigned(what, ["trusted keys signed different files"])
    for other in good[1:]:
        signed |= other.files
    contents = tuple(
        one._replace(digest=Digest("sha256", signed[name])) if (name := one.path or ONE_FILE) in signed else one
        for one in located.contents
    )
    owners = dict.fromkeys(one.owner for one in found if one.is_good)
    notes = [f"the files are those that {', '.join(owners)} signed"]
    uncovered = sorted(digests.keys() - signed.keys())
    notes += [f"no signature covers {_listed(uncovered)}"] if uncovered else []
    return SignedDelivery(located._replace(contents=contents), tuple(notes))


class SignedWish(NamedTuple):
    """What a reader asks of the signatures of files."""

    given: Sequence[tuple[str, bytes]] = ()
    """Files of public keys, paths and contents: one of these must have signed."""
    required: bool = False
    """Whether one of the keys that are known must have signed, if any is known."""
    by_policy: bool = False
    """Whether the policy of the default branch is asked, wherever the repository is."""


def hold(registry: Registry, chosen: AnnotatedTarget, located: Located, wish: SignedWish) -> SignedDelivery:
    """Return the files as they are to be brought: held to what was signed, where the reader or a policy asks for it."""
    asked = bool(wish.given) or _policy_asks(registry, chosen, wish)
    keys = files_signers.whose_keys(registry, wish.given) if asked or wish.required else []
    if not asked and not keys:
        return SignedDelivery(located, ())
    return require(registry, chosen, located, keys)


def _policy_asks(registry: Registry, chosen: AnnotatedTarget, wish: SignedWish) -> bool:
    """Tell whether a rule wants the files signed of what is in the stages that the version is in."""
    if not wish.by_policy and not has_policy_here(registry):
        return False
    from gto.registry.policy import check  # only where a policy may be

    rules = [rule for rule in check.own_source(registry).policy.rules if rule.files_signed]
    version = registry.artifact(chosen.name).version(chosen.version) if rules and chosen.version else None
    stages = [one.stage for one in version.stages if one.is_active] if version is not None else []
    return any(fits(rule, chosen.name) and has_stage(rule, stage) for rule in rules for stage in stages)


def pick_bundle(registry: Registry, chosen: AnnotatedTarget, keys: Sequence[PublicKey]) -> Bundle:
    """Return the bundle to hand on: the newest by a trusted key, else the newest that can be read."""
    judged = _judge(registry, chosen, keys)
    ranked = [one for one in judged if one.is_good] or [one for one in judged if one.bundle is not None]
    if not ranked or ranked[-1].bundle is None:
        raise FilesNotSigned(f"{chosen.name}@{chosen.version or chosen.commit[:7]}")
    return ranked[-1].bundle


def bundle_place(bundle: Bundle, target: str, *, force: bool) -> str:
    """Return where a bundle goes, beside the files; TargetTaken is raised where something else is there."""
    place = os.path.join(os.path.dirname(os.path.abspath(target)), BUNDLE)
    if os.path.lexists(place) and not force and read_file(place, LARGEST) != bundle.text:
        raise TargetTaken([os.path.relpath(place)])
    return place


def save_bundle(bundle: Bundle, place: str) -> None:
    """Write a bundle, whole or not at all."""
    try:
        atomic_write.replace(place, bundle.text)
    except OSError as error:
        raise TargetUnwritable(place, error.strerror or str(error)) from error

"""The files of a version signed: read, listed, signed, and the bundle kept beside the events."""

from typing import NamedTuple

from gto.delivery.signed_files import difference, named
from gto.exceptions import BadFile, Conflict, UsageError
from gto.registry import files_signers
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.registry.write import sign_files
from gto.registry.write.sign_files import FilesSigned
from gto.registry.write.transaction import WriteOptions
from gto.signing.ec_key import PrivateKey
from gto.signing.model_bundle import GIT_PATHS, ONE_FILE, Bundle, SignedVersion, is_safe, make, parse
from gto.storage.digests import sha256_of
from gto.storage.download import Progress
from gto.storage.location import Located


class ForeignBundle(NamedTuple):
    """A bundle that another program made."""

    text: bytes
    path: str


def sign(
    registry: Registry,
    found: tuple[AnnotatedTarget, Located],
    by: PrivateKey | ForeignBundle,
    manner: WriteOptions,
    progress: Progress | None = None,
) -> FilesSigned:
    """Sign the files of a version, or keep a bundle that does; a file that is not what Git promises is refused."""
    chosen, located = found
    if chosen.version is None:
        hint = f"`gto register {chosen.name}` registers it; then name the version"
        raise UsageError("Only the files of a registered version are signed, and a revision was named", hint)
    about = SignedVersion(chosen.name, chosen.version, chosen.commit)
    given = parse(by.text, by.path) if isinstance(by, ForeignBundle) else None  # before anything is read
    digests = {path: digest or "" for path, digest in named(located, _read(registry, located, progress)).items()}
    notes: tuple[str, ...] = ()
    if isinstance(by, ForeignBundle):
        assert given is not None  # noqa: S101  it was parsed
        notes = _check(registry, given, by.path, about, digests)
        bundle = given
    else:
        text = make(located.name, _covered(located, digests), by, about)
        bundle = parse(text, "the bundle")
    uncovered = tuple(sorted(digests.keys() - bundle.files.keys()))
    done = sign_files.write(registry, about, bundle, manner, uncovered)
    return done._replace(notes=(*notes, *done.notes))


def _read(registry: Registry, located: Located, progress: Progress | None) -> dict[str, str | None]:
    return dict(sha256_of(located.contents, registry.repo, progress))


def _covered(located: Located, digests: dict[str, str]) -> dict[str, str]:
    """Return what is signed: as model-signing does it, all but Git's own files at the top of a directory."""
    found = {path: one for path, one in digests.items() if path.split("/", 1)[0] not in GIT_PATHS}
    if not found:
        raise UsageError(f"'{located.name}' has no file to sign", "`gto ls` lists the files of a version")
    for path in found:
        if path != ONE_FILE and not is_safe(path):
            raise UsageError(f"the name of the file {path[:60]!r} cannot be signed", "rename it")
    return found


def _check(
    registry: Registry, bundle: Bundle, path: str, about: SignedVersion, digests: dict[str, str]
) -> tuple[str, ...]:
    """Refuse a bundle of other files; say where nobody here knows its key."""
    if wrong := difference(bundle, digests):
        raise Conflict(f"'{path}' does not sign these files: {wrong}", "sign the files as they are registered")
    if bundle.subject not in {None, about}:
        raise Conflict(f"'{path}' was made for another version", "`gto sign --key` makes one for this")
    keys = files_signers.whose_keys(registry)
    if bundle.signer(keys) is not None:
        return ()
    if bundle.hint in {key.hint for key in keys}:
        raise BadFile(path, "it names a trusted key, and that did not sign it", hint="sign anew")
    told = f"'{bundle.hint[:16]}...'" if bundle.hint else "that the bundle does not name"
    return (f"the key {told} is not trusted here, so whether it signed this was not checked",)

"""What a policy says, what is known of an event, and the verdict."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import NamedTuple, Protocol

from gto.core.approval import Approval
from gto.core.tag import Kind
from gto.core.tag_signature import Signature

ALL = ("*",)
DECIDING = frozenset({"max_age", "signing.required", "users"})
"""The keys of the policy that refuse events without being rules."""
CODE_ON_LOAD = ("none", "trusted-types", "pickle")
"""What loading a model may run, as inspect/ finds it, the least first; what nobody can tell is more than all."""
KEY = "SHA256:"
"""How the fingerprint of an SSH key begins."""


class Rule(NamedTuple):
    """What must be so for the events that it covers; every rule that covers an event must be met."""

    name: str
    artifacts: tuple[str, ...] = ALL
    """Patterns of names, as fnmatch reads them: `churn`, `fraud/*`."""
    stages: tuple[str, ...] | None = None
    """Patterns of stages; with them the rule covers events of these stages, and what takes a version out of them."""
    events: frozenset[Kind] | None = None
    """The kinds of events; None for all."""
    who: tuple[str, ...] | None = None
    """Identities and groups; None for anybody, empty for nobody."""
    signed: bool = False
    after: str | None = None
    """The stage that the version must be in already."""
    branch: str | None = None
    """The branch that must reach the commit."""
    prereleases: bool = True
    annotated: bool = False
    """Whether the commit must annotate the artifact."""
    one_version: bool = False
    """Whether the stage holds one version at a time."""
    approvals: int = 0
    approvers: tuple[str, ...] | None = None
    code_on_load: str | None = None
    """The most that loading the model may run, one of CODE_ON_LOAD; None for anything."""
    files_signed: bool = False
    """Whether a trusted public key must have signed the files of the version."""
    compatible: bool = False
    """Whether the model must not break those who use the version before of the same major."""

    @property
    def is_about_models(self) -> bool:
        """Whether the verdict rests on facts of the model."""
        return self.code_on_load is not None or self.compatible


class Policy(NamedTuple):
    """What a team allows; the default allows everything."""

    rules: tuple[Rule, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Names of groups, and their identities; groups in groups are resolved."""
    users: Mapping[str, str] = MappingProxyType({})
    """The names by which a server knows people, and their e-mail addresses."""
    allowed_signers: str | None = None
    """The path, from the root of the repository, of an OpenSSH `allowed_signers` file."""
    public_keys: str | None = None
    """The path, from the root of the repository, of a file of public keys in PEM: by them files are signed."""
    sign: bool = False
    """Whether gto signs what it writes."""
    signed: bool = False
    """Whether every event must be signed."""
    max_age: int | None = None
    """Seconds that an event may be old when it is pushed."""
    since: int = 0
    """Events before this time, in seconds since 1970-01-01T00:00:00Z, are as they are: there was no policy yet."""
    stages: tuple[str, ...] | None = None
    """The stages that `.gto` allows; None for any."""


class Needs(NamedTuple):
    """Which facts the verdict on an event rests on: to find the others out would be in vain."""

    signature: bool = False
    branches: frozenset[str] = frozenset()
    annotation: bool = False
    approvals: bool = False
    models: bool = False
    files: bool = False


class Approver(NamedTuple):
    """One person who approved a version for a stage on one commit, once or more often."""

    approval: Approval
    """One of the approvals; of the others nothing but the time is another."""
    signature: Signature
    times: tuple[int, ...]
    """When, oldest first, in seconds since 1970-01-01T00:00:00Z."""


class ModelFactsReader(Protocol):
    """What the commits of an artifact tell of its model; each is read when it is asked for."""

    def lack(self, commit: str) -> str:
        """Return in one clause why the facts of a commit's model do not count; empty where they do."""

    def code_on_load(self, commit: str) -> str:
        """Return what loading the model would run, where its facts count."""

    def first_known(self, commits: Sequence[str]) -> str | None:
        """Return the first of the commits whose facts count; None for none."""

    def breaking_changes(self, old: str, new: str) -> Sequence[str]:
        """Return, a clause each, what breaks who uses the model of one commit with that of another; both count."""


class Facts(NamedTuple):
    """What is known of an event beside its own text; what was not needed is not known."""

    signature: Signature | None = None
    branches: frozenset[str] = frozenset()
    """Those of the needed branches that reach the commit."""
    is_annotated: bool = False
    approvals: Mapping[tuple[str, str], Sequence[Approver]] = MappingProxyType({})
    """Who approved versions of the artifact, by version and stage, whatever that is worth."""
    is_shallow: bool = False
    """The history of the branches is cut off in this clone."""
    models: ModelFactsReader | None = None
    files_doubt: str = "nobody signed them"
    """Why the files of the commit are not signed by a trusted key as this artifact's; empty where they are."""


class Reason(NamedTuple):
    """Why an event is refused."""

    code: str
    """A word for programs."""
    text: str
    """One clause for people."""
    rule: str = ""
    """The rule, or the key of the policy, that decides; empty for what no policy allows."""
    hint: str = ""

    def __str__(self) -> str:
        """Write it as one line."""
        if not self.rule:
            return self.text
        return f"{self.rule}: {self.text}" if self.rule in DECIDING else f"rule '{self.rule}': {self.text}"

    def dict_state(self) -> dict[str, object]:
        """Return it as the command line prints it in JSON."""
        return {"code": self.code, "rule": self.rule or None, "text": self.text, "hint": self.hint or None}


class Verdict(NamedTuple):
    """Whether a tag may be; without reasons it may."""

    ref: str
    """The tag's name."""
    reasons: tuple[Reason, ...] = ()
    rules: tuple[str, ...] = ()
    """The rules that cover the event."""

    @property
    def is_allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    def dict_state(self) -> dict[str, object]:
        """Return it as the command line prints it in JSON."""
        reasons = [one.dict_state() for one in self.reasons]
        return {"ref": self.ref, "allowed": self.is_allowed, "rules": list(self.rules), "reasons": reasons}


def is_one_of(policy: Policy, wanted: tuple[str, ...], email: str, signature: Signature | None) -> bool:
    """Tell whether a tagger is named by one of these identities: a group, a pattern of addresses, a key.

    A key counts where it made a good signature. An address is what the tag says, unless a rule asks for signatures.
    """
    key = signature.key if signature is not None and signature.is_good else ""
    return any(_is(one, email, key) for name in wanted for one in policy.groups.get(name, (name,)))


def _is(identity: str, email: str, key: str) -> bool:
    if "@" not in identity:
        return bool(key) and key == identity
    return fnmatchcase(email.lower(), identity.lower())

"""Login by OpenID Connect: the authorization code flow with PKCE, as OpenID Connect Core 1.0 has it."""

import ssl
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from httpx2 import Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gto.studio.team.oidc_answers import (
    SECONDS,
    LoginRefused,
    check_description,
    limit,
    parse_keys,
    read_object,
    understood,
)
from gto.studio.team.serve_options import OidcSettings
from gto.studio.team.vouched_person import VouchedPerson

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Those of which the provider alone has the key that signs."""
_KNOWN = 3600.0  # seconds that the provider's description and keys are kept
_FRESH = 30.0  # seconds in which keys are not asked for again, whoever sends tokens with unknown ones
_PAUSE = 5.0  # seconds in which a provider that gave no answer is not asked again
_LEEWAY = 60  # seconds by which clocks may differ
_MOST_GROUPS = 1000
_LONGEST = 200
_LONGEST_SUBJECT = 255


class Attempt(NamedTuple):
    """What a login must come back with."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider of OpenID Connect; what it says of itself is kept for a while."""

    def __init__(self, settings: OidcSettings, redirect: str, certificates: str | None = None) -> None:
        """`redirect` is where it leads back; `certificates` is a file of authorities, None for the system's."""
        self.settings = settings
        self._certificates_file = certificates
        self._redirect = redirect
        self._lock = Lock()
        self._about: Mapping[str, Any] = {}
        self._about_at = 0.0
        self._failure: tuple[float, LoginRefused] | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    def begin(self) -> tuple[str, Attempt]:
        """Return where the browser goes, and what it must come back with."""
        attempt = Attempt(generate_token(40), generate_token(40), generate_token(64))
        where = self._describe()["authorization_endpoint"]
        with self._client() as client:
            address, _ = client.create_authorization_url(
                where, state=attempt.state, code_verifier=attempt.verifier, nonce=attempt.nonce
            )
        return str(address), attempt

    def finish(self, code: str, attempt: Attempt) -> VouchedPerson:
        """Return whom the provider vouches for with this code; LoginRefused where it does not, or wrongly."""
        about = self._describe()
        with understood("The provider did not confirm the login"):
            with self._client() as client:
                answer = client.fetch_token(about["token_endpoint"], code=code, code_verifier=attempt.verifier)
                claims = self._check(answer.get("id_token"), attempt)
                more = self._ask_for_more(client, about, claims)
            return self._identity({**more, **claims})

    def _check(self, id_token: object, attempt: Attempt) -> Mapping[str, Any]:
        about = self.settings
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": about.issuer},
            aud={"essential": True, "value": about.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": attempt.nonce},
        )
        with understood("The provider's token does not prove the login", "what is wrong with it"):
            claims = self._decode(str(id_token or "")).claims
            rules.validate(claims)
        if claims.get("azp", about.client_id) != about.client_id:
            raise LoginRefused("The provider's token is for another program", "check the client's ID")
        return claims

    def _decode(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, self._key_set(_KNOWN), algorithms=_ALGORITHMS)
        except JoseError:  # it may have new keys
            return jwt.decode(id_token, self._key_set(_FRESH), algorithms=_ALGORITHMS)

    def _ask_for_more(
        self, client: OAuth2Client, about: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return what the provider tells of the person beside the token; nothing where the token has it all."""
        wanted = {"email", "name", self.settings.groups_claim}
        if wanted <= claims.keys() or "userinfo_endpoint" not in about:
            return {}
        told = read_object(client.get(about["userinfo_endpoint"]))
        if told.get("sub") != claims["sub"]:
            raise LoginRefused("The provider tells of another person than its token", "ask who runs it")
        return told

    def _identity(self, told: Mapping[str, Any]) -> VouchedPerson:
        def text(*keys: str) -> str:
            found = (_plain(told.get(key)).strip()[:_LONGEST] for key in keys)
            return next((one for one in found if one), "")

        subject = told["sub"]
        if not isinstance(subject, str) or not subject or len(subject) > _LONGEST_SUBJECT or _plain(subject) != subject:
            raise LoginRefused("The provider's token names nobody", "its claim 'sub' is no short text")
        groups = told.get(self.settings.groups_claim, ())
        named = groups if isinstance(groups, list) else [groups]
        # One that is cut, or of which something is left out, might be another group.
        kept = tuple(one for one in named[:_MOST_GROUPS] if one and _plain(one) == one and len(one) <= _LONGEST)
        is_verified = str(told.get("email_verified", True)).lower() != "false"  # else anybody may say any
        name = text("preferred_username", "email", "sub")
        full_name, email = text("name", "preferred_username"), text("email") if is_verified else ""
        return VouchedPerson(self.settings.issuer, subject, name, full_name, email, kept)

    def _describe(self) -> Mapping[str, Any]:
        """Return the provider's description of itself."""
        with self._lock:
            if not self._about or self._about_at < time.monotonic() - _KNOWN:
                self._about, self._about_at = self._ask_for_description(), time.monotonic()
            return self._about

    def _ask_for_description(self) -> Mapping[str, Any]:
        """Ask, but not again right after it failed: who waits for an answer holds a thread that pages need."""
        if self._failure is not None and self._failure[0] > time.monotonic() - _PAUSE:
            raise self._failure[1]
        try:
            told = self._get(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
            check_description(told, self.settings.issuer)
        except LoginRefused as error:
            self._failure = time.monotonic(), error
            raise
        return told

    def _key_set(self, age: float) -> KeySet:
        """Return the keys that sign the provider's tokens, not older than so many seconds."""
        where = self._describe()["jwks_uri"]
        with self._lock:
            if self._keys is None or self._keys_at < time.monotonic() - age:
                self._keys, self._keys_at = parse_keys(self._get(where)), time.monotonic()
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        with (
            understood("The provider cannot be asked", address),
            Client(timeout=SECONDS, verify=self._certificates()) as client,
        ):
            limit(client)
            return read_object(client.get(address))

    def _certificates(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._certificates_file)

    def _client(self) -> OAuth2Client:
        about = self.settings
        made = OAuth2Client(
            about.client_id,
            about.client_secret,
            scope=" ".join(about.scopes),
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            timeout=SECONDS,
            verify=self._certificates(),
            follow_redirects=False,
        )
        limit(made)
        return made


def _plain(text: object) -> str:
    """Return what a tag and a database can hold of a text; of anything else nothing."""
    return "".join(one for one in text if one.isprintable()) if isinstance(text, str) else ""

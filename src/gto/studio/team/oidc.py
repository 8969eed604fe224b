"""Login by OpenID Connect: the authorization code flow with PKCE, as OpenID Connect Core 1.0 has it."""

import ssl
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from httpx2 import Client, HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gto.exceptions import GTOException, UsageError

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Those of which the provider alone has the key that signs."""
_KNOWN = 3600.0  # seconds that the provider's description and keys are kept
_FRESH = 30.0  # seconds in which keys are not asked for again, whoever sends tokens with unknown ones
_PAUSE = 5.0  # seconds in which a provider that gave no answer is not asked again
_SECONDS = 10.0
_LEEWAY = 60  # seconds by which clocks may differ
_MOST_GROUPS = 1000
_LONGEST = 200


class LoginRefused(GTOException):
    """The provider did not vouch for anybody, or not as it must."""


class OidcSettings(NamedTuple):
    """The provider, and who this Studio is there."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    """None for a public client."""
    label: str = "your organisation"
    """What the button on the login page calls the provider."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    """The claim that names somebody's groups."""
    certificates: str | None = None
    """A file of certificate authorities; None for the system's."""


class Attempt(NamedTuple):
    """What a login must come back with."""

    state: str
    nonce: str
    verifier: str


class VouchedPerson(NamedTuple):
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    name: str
    full_name: str
    email: str
    groups: tuple[str, ...]


def parse_issuer(text: str) -> str:
    """Return an issuer's address, or raise UsageError: it is https, or on this machine."""
    parts = urlsplit(text)
    is_here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_here)):
        raise UsageError(f"'{text}' is no issuer", "write its address as https://login.example.com/realm")
    return text


class Provider:
    """One provider of OpenID Connect; what it says of itself is kept for a while."""

    def __init__(self, settings: OidcSettings, redirect: str) -> None:
        """`redirect` is the address to which it leads back."""
        self.settings = settings
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
        try:
            with self._client() as client:
                answer = client.fetch_token(about["token_endpoint"], code=code, code_verifier=attempt.verifier)
                claims = self._check(str(answer.get("id_token") or ""), attempt)
                more = self._ask_for_more(client, about, claims)
        except (OAuthError, HTTPError, ValueError) as error:
            raise LoginRefused("The provider did not confirm the login", f"it says: {_short(str(error))}") from error
        return self._identity({**more, **claims})

    def _check(self, id_token: str, attempt: Attempt) -> Mapping[str, Any]:
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
        try:
            claims = self._decode(id_token).claims
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            said = "The provider's token does not prove the login"
            raise LoginRefused(said, f"what is wrong with it: {_short(str(error))}") from error
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
        answer = client.get(about["userinfo_endpoint"])
        answer.raise_for_status()
        told = answer.json()
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise LoginRefused("The provider tells of another person than its token", "ask who runs it")
        return told

    def _identity(self, told: Mapping[str, Any]) -> VouchedPerson:
        def text(*keys: str) -> str:
            found = (told.get(key) for key in keys)
            return next((one.strip()[:_LONGEST] for one in found if isinstance(one, str) and one.strip()), "")

        groups = told.get(self.settings.groups_claim, ())
        named = groups if isinstance(groups, list) else [groups]
        kept = tuple(str(one)[:_LONGEST] for one in named[:_MOST_GROUPS] if isinstance(one, str))
        email = text("email") if told.get("email_verified") is not False else ""  # anybody may say any, then
        name = text("preferred_username", "email", "sub")
        return VouchedPerson(
            self.settings.issuer, str(told["sub"]), name, text("name", "preferred_username"), email, kept
        )

    def _describe(self) -> Mapping[str, Any]:
        """Return the provider's description of itself (OpenID Connect Discovery 1.0)."""
        with self._lock:
            if not self._about or self._about_at < time.monotonic() - _KNOWN:
                told = self._ask_for_description()
                if told.get("issuer") != self.settings.issuer:
                    hint = f"it calls itself '{_short(str(told.get('issuer')))}'"
                    raise LoginRefused(f"The provider is not the issuer '{self.settings.issuer}'", hint)
                lacking = {"authorization_endpoint", "token_endpoint", "jwks_uri"} - told.keys()
                if lacking:
                    raise LoginRefused(
                        "The provider's description is not whole", f"it lacks {', '.join(sorted(lacking))}"
                    )
                self._about, self._about_at = told, time.monotonic()
            return self._about

    def _ask_for_description(self) -> Mapping[str, Any]:
        """Ask, but not again right after it failed: who waits for an answer holds a thread that pages need."""
        if self._failure is not None and self._failure[0] > time.monotonic() - _PAUSE:
            raise self._failure[1]
        try:
            return self._get(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        except LoginRefused as error:
            self._failure = time.monotonic(), error
            raise

    def _key_set(self, age: float) -> KeySet:
        """Return the keys that sign the provider's tokens, not older than so many seconds."""
        where = self._describe()["jwks_uri"]
        with self._lock:
            if self._keys is None or self._keys_at < time.monotonic() - age:
                self._keys, self._keys_at = KeySet.import_key_set(self._get(where)), time.monotonic()  # type: ignore[arg-type]  # it checks what it is given
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            with Client(timeout=_SECONDS, verify=self._certificates()) as client:
                answer = client.get(address)
                answer.raise_for_status()
                told = answer.json()
        except (HTTPError, ValueError) as error:
            raise LoginRefused("The provider cannot be asked", f"{address}: {_short(str(error))}") from error
        if not isinstance(told, dict):
            raise LoginRefused("The provider's answer is no JSON object", address)
        return told

    def _certificates(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.settings.certificates)

    def _client(self) -> OAuth2Client:
        about = self.settings
        return OAuth2Client(
            about.client_id,
            about.client_secret,
            scope=" ".join(about.scopes),
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            timeout=_SECONDS,
            verify=self._certificates(),
            follow_redirects=False,
        )


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]

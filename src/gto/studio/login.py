"""Who may use this Studio: a one-time token becomes a session, and each form carries a token of its session."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from threading import Event, Lock

_BYTES = 20
_MOST = 100  # sessions


class Sessions:
    """The sessions of one process; they end with it."""

    def __init__(self, cookie: str = "gto_studio", key: str = "") -> None:
        """`cookie` is the name of the cookie: browsers send it to every port of a host, so each Studio has its own.

        `key` is what programs send as their token; empty where none is let in.
        """
        self.cookie = cookie
        self._key = key
        self.is_opened = Event()
        """Set once a token was used."""
        self._secret = secrets.token_bytes(32)
        self._lock = Lock()
        self._tokens: set[str] = set()
        self._open: OrderedDict[str, None] = OrderedDict()

    def new_token(self) -> str:
        """Return a token that opens one session."""
        token = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._tokens.add(self._digest(token))
        return token

    def redeem(self, token: str) -> str | None:
        """Return the cookie of a new session; None where the token is unknown, or was used before."""
        key = self._digest(token)
        with self._lock:
            if key not in self._tokens:
                return None
            self._tokens.remove(key)
            self.is_opened.set()
            cookie = secrets.token_urlsafe(_BYTES)
            self._open[self._digest(cookie)] = None
            if len(self._open) > _MOST:
                self._open.popitem(last=False)
            return cookie

    def knows(self, cookie: str) -> bool:
        """Tell whether a cookie is of a session."""
        with self._lock:
            return self._digest(cookie) in self._open

    def is_key(self, token: str) -> bool:
        """Tell whether a token is the one of programs."""
        return bool(self._key) and hmac.compare_digest(self._digest(self._key), self._digest(token))

    def form_token(self, cookie: str) -> str:
        """Return what a form of this session must carry."""
        return self._digest(f"form {cookie}")

    def is_form_of(self, cookie: str, token: str) -> bool:
        """Tell whether a form is of this session."""
        return hmac.compare_digest(self.form_token(cookie).encode(), token.encode("utf-8", "replace"))

    def sign(self, purpose: str, text: str) -> str:
        """Return the signature of a text for one purpose, for as long as this process runs."""
        return self._digest(f"sign {purpose} {text}")

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Tell whether a signature is of this text and purpose."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode("utf-8", "replace"))

    def _digest(self, text: str) -> str:
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

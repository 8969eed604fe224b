"""The secret of a server: it signs links and forms, and keeps tokens of others unreadable in the database."""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gto.exceptions import GTOException, UsageError

_SHORTEST = 32  # characters


class SecretsBox:
    """Signs and encrypts with the first of several secrets; what the others did is still read."""

    def __init__(self, given: Sequence[str]) -> None:
        """`given` are the secret and those before it; UsageError where one is short."""
        if not given or any(len(one) < _SHORTEST for one in given):
            hint = "`python3 -c 'import secrets; print(secrets.token_urlsafe(48))'` makes one"
            raise UsageError(f"The secret of a Studio has at least {_SHORTEST} characters", hint)
        self._keys = [one.encode() for one in given]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(one, "encrypt"))) for one in self._keys])

    def encrypt(self, text: str) -> bytes:
        """Return a text as it may stand in the database."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, data: bytes) -> str:
        """Return the text; GTOException where it was encrypted with a secret that is not given."""
        try:
            return self._fernet.decrypt(data).decode()
        except InvalidToken as error:
            hint = "start Studio with the secret that it had before, too: it may be given several"
            raise GTOException("What is in the database was encrypted with another secret", hint) from error

    def sign(self, purpose: str, text: str) -> str:
        """Return the signature of a text for one purpose, in letters that a URL may hold."""
        return _signature(self._keys[0], purpose, text)

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Tell whether a signature is of this text and purpose."""
        given = signature.encode("utf-8", "replace")
        return any(hmac.compare_digest(_signature(key, purpose, text).encode(), given) for key in self._keys)


def keep_secret(path: str) -> str:
    """Return the secret in a file that this user alone may read; it is made where it is not there."""
    if not os.path.exists(path):
        with NamedTemporaryFile(dir=os.path.dirname(path) or ".") as made:  # of this user alone
            made.write(f"{secrets.token_urlsafe(48)}\n".encode())
            made.flush()
            with suppress(FileExistsError):  # another process was first
                os.link(made.name, path)
    with open(path, encoding="ascii") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise UsageError(f"'{path}' can be read by others", f"chmod 600 {path}")
        return file.read().strip()


def digest(text: str) -> str:
    """Return what the database knows a random text by: who reads it there cannot use it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"gto studio {purpose}".encode(), hashlib.sha256).digest()


def _signature(key: bytes, purpose: str, text: str) -> str:
    made = hmac.new(_derived(key, purpose), text.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()

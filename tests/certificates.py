"""Certificates of a company of its own: for its server on loopback, and for one of its clients."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

if TYPE_CHECKING:
    from pathlib import Path


class Company(NamedTuple):
    """Files, in PEM."""

    ca: Path
    """What its own computers trust."""
    server: Path
    """Certificate and key of 127.0.0.1."""
    client: Path
    """A client's certificate."""
    client_key: Path

    def context(self, *, ask_client: bool = False) -> ssl.SSLContext:
        """How its server speaks; it may let in only who has a certificate of the company."""
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(self.server)
        if ask_client:
            found.load_verify_locations(self.ca)
            found.verify_mode = ssl.CERT_REQUIRED
        return found


def make_company(place: Path) -> Company:
    """Write a company's certificates into a directory."""
    found = Company(*(place / name for name in ("ca.pem", "server.pem", "client.pem", "client.key")))
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("a company")
    ca = _certificate(name, name, key, key, x509.BasicConstraints(ca=True, path_length=0))
    found.ca.write_bytes(_pem(ca))
    for who in ("server", "client"):
        own = ec.generate_private_key(ec.SECP256R1())
        addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = _pem(_certificate(_name(who), name, own, key, addresses))
        private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if who == "server":
            found.server.write_bytes(certificate + private)
        else:
            found.client.write_bytes(certificate)
            found.client_key.write_bytes(private)
    return found


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(extension, critical=True)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.sign(signer, hashes.SHA256())

"""The machine's own certificates as a trust store that Java reads."""

from __future__ import annotations

import hashlib
import re
import ssl
import struct
from collections.abc import Sequence
from pathlib import Path

from metering.settings import child_environment

# Names under which tools and distributions keep the machine's bundle.
VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
PASSWORD = "changeit"  # Java's customary one; a trust store holds nothing secret
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def system_trust_store(path: Path) -> list[str]:
    """Write the machine's certificates to `path` and give Java's options for it; none without a bundle."""
    bundle = _bundle()
    if bundle is None:
        return []
    pems = CERTIFICATE.findall(bundle.read_text(encoding="utf-8", errors="replace"))
    path.write_bytes(trust_store([ssl.PEM_cert_to_DER_cert(pem) for pem in pems]))
    return [
        f"-Djavax.net.ssl.trustStore={path}",
        "-Djavax.net.ssl.trustStoreType=JKS",
        f"-Djavax.net.ssl.trustStorePassword={PASSWORD}",
    ]


def trust_store(certificates: Sequence[bytes]) -> bytes:
    """A Java key store (JKS, version 2) of trusted DER certificates.

    Layout: magic, version, count, entries (tag 2, alias, date, kind, certificate), then SHA-1 over the
    password in UTF-16, the words "Mighty Aphrodite" and all before: sun.security.provider.JavaKeyStore.
    """
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    for number, certificate in enumerate(certificates):
        body += struct.pack(">I", 2) + _text(str(number)) + struct.pack(">Q", 0) + _text("X.509")
        body += struct.pack(">I", len(certificate)) + certificate
    seal = hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + body, usedforsecurity=False)
    return body + seal.digest()


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode("ascii")


def _bundle() -> Path | None:
    environment = child_environment()
    named = [environment[name] for name in VARIABLES if environment.get(name)]
    usual = ssl.get_default_verify_paths().cafile
    paths = (Path(path) for path in (*named, *([usual] if usual else []), *BUNDLES))
    return next((path for path in paths if path.is_file()), None)

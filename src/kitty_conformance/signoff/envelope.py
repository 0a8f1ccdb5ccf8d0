"""The envelope: a statement, byte for byte, with its signature (DSSE v1, Ed25519).

securesystemslib signs and encodes; here is what a person may get wrong: keys. The contract is
`reports/schema/envelope.schema.json`. Ed25519 is deterministic: same statement and key, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import FormatError, VerificationError
from securesystemslib.signer import CryptoSigner, Key, Signer, SSlibKey

from kitty_conformance.contract import breach, encoded
from kitty_conformance.errors import NotVerifiedError, UsageError

NAME: Final = "statement.dsse.json"
"""The file it is left in, beside the statement."""
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"

_PRIVATE_HINT: Final = "openssl genpkey -algorithm ed25519 -out key.pem makes one"
_PUBLIC_HINT: Final = "openssl pkey -in key.pem -pubout -out public.pem makes it"

Loaded = TypeVar("Loaded")


class KeyUnusableError(UsageError):
    """A key file is missing, no PEM, encrypted, or of another kind than Ed25519."""

    code = "KEY_UNUSABLE"


def signing_key(path: Path) -> Signer:
    """Read the private key a report is to be signed with.

    Raises
    ------
    KeyUnusableError
        It is no unencrypted Ed25519 private key in PEM.

    """
    key = _loaded(path, lambda data: load_pem_private_key(data, password=None), _PRIVATE_HINT)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusableError(f"{path} is no Ed25519 private key", hint=_PRIVATE_HINT)
    return CryptoSigner(key)


def public_key(path: Path) -> Key:
    """Read the public key a signature is to be checked with.

    Raises
    ------
    KeyUnusableError
        It is no Ed25519 public key in PEM.

    """
    key = _loaded(path, load_pem_public_key, _PUBLIC_HINT)
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusableError(f"{path} is no Ed25519 public key", hint=_PUBLIC_HINT)
    return SSlibKey.from_crypto(key)


def seal(statement: bytes, signer: Signer) -> bytes:
    """Return the envelope of a statement, signed.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    envelope = Envelope(statement, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return encoded("envelope", envelope.to_dict())


def opened(data: bytes) -> Envelope:
    """Read an envelope; nothing is said yet about its signatures.

    Raises
    ------
    NotVerifiedError
        It is no JSON, does not match the schema, or holds what cannot be decoded.

    """
    try:
        document = msgspec.json.decode(data)
        departure = breach("envelope", document)
        if departure:
            raise NotVerifiedError(f"{NAME} does not match the envelope schema: {departure}")
        return Envelope.from_dict(document)
    except (ValueError, FormatError) as error:
        raise NotVerifiedError(f"{NAME} cannot be decoded: {error}") from error


def check(envelope: Envelope, key: Key) -> None:
    """Hold an envelope to a public key.

    Raises
    ------
    NotVerifiedError
        No signature in it was made with that key over just these bytes.

    """
    if key.keyid not in envelope.signatures:
        signers = ", ".join(each[:12] for each in envelope.signatures)
        raise NotVerifiedError(f"{NAME} is signed with {signers}, not with the key given, {key.keyid[:12]}")
    try:
        envelope.verify([key], 1)
    except VerificationError as error:
        raise NotVerifiedError(
            f"{NAME} was changed: its signature by {key.keyid[:12]} does not fit it"
        ) from error


def _loaded(path: Path, load: Callable[[bytes], Loaded], hint: str) -> Loaded:
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise KeyUnusableError(f"the key {path} cannot be read: {error.strerror}", hint=hint) from error
    except TypeError as error:
        raise KeyUnusableError(f"the key {path} is encrypted", hint="decrypt it first") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(f"{path} is no key in PEM that could be used", hint=hint) from error

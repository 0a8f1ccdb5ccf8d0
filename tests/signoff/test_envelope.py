"""Signing: what openssl makes is taken, what is signed can be checked by anybody, and keys are told apart."""

import base64
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from kitty_conformance import contract
from kitty_conformance.errors import HarnessError, NotVerifiedError
from kitty_conformance.signoff.envelope import KeyUnusableError, check, opened, public_key, seal, signing_key

BROKEN = {
    "payload": "!",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [{"keyid": "a", "sig": "A"}],
}


def _write(folder, name, key, encryption=None):
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def keys(tmp_path):
    """A private and a public key in files."""
    return _write(tmp_path, "mine", Ed25519PrivateKey.generate())


@pytest.fixture
def others(tmp_path):
    """Those of somebody else."""
    return _write(tmp_path, "theirs", Ed25519PrivateKey.generate())


def test_what_is_signed_is_found_to_be_so(keys):
    sealed = opened(seal(b"statement", signing_key(keys[0])))
    assert sealed.payload == b"statement"
    check(sealed, public_key(keys[1]))


def test_the_signature_is_over_the_bytes_that_dsse_says(keys):
    document = json.loads(seal(b"hello", signing_key(keys[0])))
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 %d %b 5 hello" % (len(kind), kind)
    signature = base64.b64decode(document["signatures"][0]["sig"])
    load_pem_public_key(keys[1].read_bytes()).verify(signature, signed)


def test_same_statement_and_key_give_the_same_bytes(keys):
    assert seal(b"x", signing_key(keys[0])) == seal(b"x", signing_key(keys[0]))


def test_another_key_is_told_by_its_id(keys, others):
    sealed = opened(seal(b"x", signing_key(keys[0])))
    with pytest.raises(NotVerifiedError, match=r"is signed with [0-9a-f]{12}, not with the key given"):
        check(sealed, public_key(others[1]))


def test_a_signature_under_a_borrowed_name_does_not_fit(keys, others):
    document = json.loads(seal(b"x", signing_key(others[0])))
    document["signatures"][0]["keyid"] = public_key(keys[1]).keyid
    with pytest.raises(NotVerifiedError, match=r"was changed: its signature by [0-9a-f]{12} does not fit"):
        check(opened(json.dumps(document).encode()), public_key(keys[1]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "cannot be decoded"),
        (b"\xff", "cannot be decoded"),
        (b"{}", "does not match the envelope schema"),
        (
            json.dumps(BROKEN).encode(),
            "cannot be decoded",
        ),
    ],
)
def test_what_is_no_envelope_is_told(data, said):
    with pytest.raises(NotVerifiedError, match=said):
        opened(data)


def test_keys_that_openssl_makes_are_taken(tmp_path):
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    check(opened(seal(b"x", signing_key(private))), public_key(public))


def test_keys_that_cannot_be_used_are_told(tmp_path, keys):
    elliptic = _write(tmp_path, "elliptic", generate_private_key(SECP256R1()))
    locked, _ = _write(tmp_path, "locked", Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret"))
    (tmp_path / "text").write_text("no key")
    for read, path, said in (
        (signing_key, tmp_path / "none", "cannot be read: No such file"),
        (signing_key, tmp_path / "text", "is no key in PEM"),
        (signing_key, elliptic[0], "is no Ed25519 private key"),
        (signing_key, locked, "is encrypted"),
        (signing_key, keys[1], "is no key in PEM"),
        (public_key, elliptic[1], "is no Ed25519 public key"),
        (public_key, keys[0], "is no key in PEM"),
    ):
        with pytest.raises(KeyUnusableError, match=said):
            read(path)


def test_an_envelope_that_breaks_its_own_schema_is_never_written(keys, monkeypatch):
    monkeypatch.setattr(contract, "breach", lambda *_: "$: is wrong")
    with pytest.raises(HarnessError, match="the envelope breaks its schema"):
        seal(b"x", signing_key(keys[0]))

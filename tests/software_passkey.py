"""A passkey in software: it answers the challenges of `conversations.forms.passkeys` as a browser would."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
"""Flags of authenticator data. Source: W3C Web Authentication Level 3, section 6.1."""


@dataclass
class SoftwarePasskey:
    """A key pair for one account at one origin. `flags` tell whether its person was asked for a PIN or a finger."""

    origin: str = "http://localhost"
    flags: int = PRESENT | VERIFIED
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(16))
    person: str = ""

    def made(self, options: dict[str, Any]) -> str:
        """Return the answer to the options of a registration."""
        public = options["publicKey"]
        self.person = public["user"]["id"]
        told = bytes(16) + len(self.id).to_bytes(2, "big") + self.id
        told += cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        data = self._data(public["rp"]["id"], ATTESTED) + told
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", public["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def used(self, options: dict[str, Any]) -> str:
        """Return the answer to the options of a sign-in."""
        public = options["publicKey"]
        data, client = self._data(public["rpId"]), self._client("webauthn.get", public["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        person = websafe_decode(self.person)
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=person)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, site: str, more: int = 0) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([self.flags | more]) + bytes(4)

    def _answer(self, **response: bytes) -> str:
        spoken = {name: websafe_encode(value) for name, value in response.items()}
        name = websafe_encode(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": spoken})

"""A salted digest of a webhook's secrets behind a text of it, so that a new value is a difference that can be seen.

Who can read the text can try out guesses, each for the price of a digest: it is for secrets that nobody guesses.
"""

from __future__ import annotations

import re

from reconciler.model.provider import Provider
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Fields, Headers, Key, revealed

_COST = {"n": 2**14, "r": 8, "p": 1}
"""What scrypt costs: about 50 ms a guess. Source: RFC 7914; OWASP's advice for interactive use."""
_MARK = r"(?:\A|\s)\[secret [0-9a-f]{32}\]\Z"


def with_digest(provider: Provider, fields: Fields, key: Key, ignored: frozenset[str]) -> tuple[Fields, frozenset[str]]:
    """An entry's fields with the digest of the secrets that it says, and what is left alone of them.

    The text is, too, where a secret isn't known.
    """
    where = provider.digest_in
    sendable = (spec for spec in provider.fields if spec.is_unread and not spec.is_fixed)
    secrets = {spec.name: fields[spec.name] for spec in sendable if fields[spec.name]}
    if not secrets:
        return fields, ignored
    if not all(isinstance(value, SecretText | Headers) and value.is_known for value in secrets.values()):
        return fields, ignored | {where}
    text = unmarked(str(fields[where] or ""))
    return {**fields, where: f"{text} [secret {_digest(secrets, key)}]".lstrip()}, ignored


def _digest(secrets: Fields, key: Key) -> str:
    """Its salt is what the webhook is: one secret has another digest in each, and the same one in every run."""
    import hashlib  # noqa: PLC0415 - few files ask for a digest
    import json  # noqa: PLC0415 - as above

    at = key.endpoint
    salt = hashlib.sha256(f"{at.origin}{at.path}?{at.query}\n{key.scope}".encode()).digest()
    return hashlib.scrypt(json.dumps(revealed(secrets), sort_keys=True).encode(), salt=salt, **_COST)[:16].hex()


def unmarked(text: str) -> str:
    """The text without a digest."""
    return re.sub(_MARK, "", text)

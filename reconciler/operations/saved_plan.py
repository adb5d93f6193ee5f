"""Saved plans: a sealed JSON document, with a digest of the real plan that its masked values can't give away."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from reconciler.model.plan import Plan
from reconciler.view.codec import NO_SUCH_DOCUMENT, from_json, json_text
from reconciler.view.documents import DOCUMENT_VERSION, PlanView, Seal, Sources

VERSION = 3
_SALT_BYTES = 16
_BEGIN = b'{\n  "format_version": '
_END = b"\n}\n"
_COST = {"n": 2**14, "r": 8, "p": 1}
"""What scrypt costs: about 50 ms and 16 MiB a digest. Source: RFC 7914; OWASP's advice for interactive use."""


class SavedPlanError(Exception):
    """A saved plan that can't be used: `plan-cut`, `plan-version` or `plan-altered`, and what is wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def sealed(view: PlanView, plan: Plan, sources: Sources) -> tuple[str, str]:
    """A saved plan: its text, which is what may be shown and what tells whether another is the same; and its digest."""
    salt = secrets.token_bytes(_SALT_BYTES)
    seal = Seal(
        version=VERSION,
        sources=sources,
        filters=plan.filters,
        allowed_losses=plan.allowed_losses,
        resend_secrets=plan.resend_secrets or None,
        salt=salt.hex(),
        digest=digest_of(plan, salt),
        checksum="",
    )
    document = json.loads(json_text(replace(view, saved=seal)))
    document["saved"]["checksum"] = _checksum_of(document)
    return _text_of(document), seal.digest


def is_saved_plan(path: Path) -> bool:
    """Whether a file looks like a saved plan, of whatever version, so that a new one may take its place."""
    with path.open("rb") as file:
        return file.read(len(_BEGIN)) == _BEGIN


def read_saved(data: bytes) -> tuple[PlanView, Seal]:
    """What may be shown of a saved plan, and its seal.

    Raises:
        SavedPlanError: it was cut or altered, or is of another version.
    """
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        begins = data.startswith(_BEGIN) or _BEGIN.startswith(data)
        if begins and isinstance(error, json.JSONDecodeError) and not data.endswith(_END):
            raise SavedPlanError("plan-cut", "the saved plan is incomplete") from None
        document = None
    if not isinstance(document, dict):
        raise SavedPlanError("plan-altered", "the saved plan was modified, or is not a saved plan")
    saved = document.get("saved")
    is_ours = isinstance(saved, dict) and saved.get("version") == VERSION
    if not is_ours or document.get("document_version") != DOCUMENT_VERSION:
        message = "the plan was saved by another version of this tool, or is not a saved plan"
        raise SavedPlanError("plan-version", message)
    try:
        text = _text_of(document).encode()
        if text.removesuffix(b"\n") == data:
            raise SavedPlanError("plan-cut", "the saved plan is incomplete")
        if text == data and document["saved"]["checksum"] == _checksum_of(document):
            view = from_json(PlanView, document)
            seal = view.saved
            is_hex = seal is not None and all(bytes.fromhex(one).hex() == one for one in (seal.salt, seal.digest))
            if seal is not None and is_hex and (seal.allowed_losses is None or seal.allowed_losses >= 0):
                return view, seal
    except (*NO_SUCH_DOCUMENT, RecursionError):
        pass  # who can make a checksum can still make no plan of anything
    raise SavedPlanError("plan-altered", "the saved plan was modified")


def is_of(seal: Seal, plan: Plan) -> bool:
    """Whether a plan is exactly the one that was sealed."""
    return secrets.compare_digest(digest_of(plan, bytes.fromhex(seal.salt)), seal.digest)


def digest_of(plan: Plan, salt: bytes) -> str:
    """A digest of a plan's essence; salted, so that secrets of few characters can't be guessed from many at once."""
    return hashlib.scrypt(plan.essence(), salt=salt, **_COST).hex()


def _checksum_of(document: Mapping[str, Any]) -> str:
    """Of a saved plan's document, whatever its seal says that it is."""
    seal = {key: value for key, value in document["saved"].items() if key != "checksum"}
    return hashlib.sha256(_text_of({**document, "saved": seal}).encode()).hexdigest()


def _text_of(document: Mapping[str, Any]) -> str:
    return json_text(document) + "\n"

"""Saved plans: a sealed JSON document, with a digest of the real plan that its masked values can't give away."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.plan import Filters, Plan
from reconciler.view.document import FORMAT_VERSION
from reconciler.view.json_text import json_text

VERSION = 2
_SALT_BYTES = 16
_BEGIN = b'{\n  "format_version": '
_END = b"\n}\n"
_COST = {"n": 2**14, "r": 8, "p": 1}
"""What scrypt costs: about 50 ms and 16 MiB a digest. Source: RFC 7914; OWASP's advice for interactive use."""


class SavedPlanError(Exception):
    """A saved plan that can't be used.

    Attributes:
        code: `plan-cut`, `plan-version` or `plan-altered`.
        message: what is wrong.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSources:
    """What a plan was made from, as the options said; `apply PLANFILE` reads it again where none says otherwise.

    Relative paths are relative to the working directory. No value of the environment or of an env file is in here, and
    not the hosts that may get a token: those are allowed outside of any file.

    Attributes:
        files: of `-f`: paths, folders, `-` for standard input.
        variables: of `--var`, which are plain.
        var_files: of `--var-file`.
        env_files: of `--env-file`.
    """

    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    var_files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What a saved plan says.

    Attributes:
        document: the JSON document of the plan, masked.
        sources: what it was made from. Not in the digest: whatever is read, the plan of it must be the same.
        filters: what narrowed it.
        destroy: whether it deletes what the configuration describes.
        allowed_losses: what `--allow-losses` said.
        salt: the digest's salt.
        digest: of the real plan.
    """

    document: Mapping[str, Any]
    sources: PlanSources
    filters: Filters
    destroy: bool
    allowed_losses: int | None
    salt: bytes
    digest: str

    def is_of(self, plan: Plan) -> bool:
        """Whether a plan is exactly the one that was saved."""
        return secrets.compare_digest(digest_of(plan, self.salt), self.digest)


def sealed(document: Mapping[str, Any], plan: Plan, sources: PlanSources) -> str:
    """The text of a saved plan.

    Args:
        document: the plan's JSON document, masked.
        plan: the real plan.
        sources: what it was made from.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    saved: dict[str, Any] = {
        "version": VERSION,
        "sources": {
            "files": sources.files,
            "variables": dict(sources.variables),
            "var_files": sources.var_files,
            "env_files": sources.env_files,
        },
        "filters": {"accounts": plan.filters.accounts, "targets": plan.filters.targets},
        "allowed_losses": plan.allowed_losses,
        "salt": salt.hex(),
        "digest": digest_of(plan, salt),
    }
    saved["checksum"] = _checksum({**document, "saved": saved})
    return _text({**document, "saved": saved})


def is_saved_plan(data: bytes) -> bool:
    """Whether a file looks like a saved plan, of whatever version, so that a new one may take its place."""
    return data.startswith(_BEGIN)


def read_saved(data: bytes) -> SavedPlan:
    """Read a saved plan.

    Raises:
        SavedPlanError: it was cut or altered, or is of another version.
    """
    document = _parsed(data)
    saved = document.get("saved")
    if (
        document.get("format_version") != FORMAT_VERSION
        or not isinstance(saved, dict)
        or saved.get("version") != VERSION
    ):
        raise SavedPlanError("plan-version", "the plan was saved by another version of this tool, or is no saved plan")
    unsigned = {**document, "saved": {key: value for key, value in saved.items() if key != "checksum"}}
    try:
        text = _text(document).encode()
        if text.removesuffix(b"\n") == data:
            raise SavedPlanError("plan-cut", "the saved plan was cut off")
        if text == data and saved["checksum"] == _checksum(unsigned):
            return _saved_plan(document, saved)
    except (KeyError, TypeError, ValueError, RecursionError):
        pass  # who can make a checksum can still make no plan of anything
    raise SavedPlanError("plan-altered", "the saved plan was altered")


def _saved_plan(document: Mapping[str, Any], saved: Mapping[str, Any]) -> SavedPlan:
    """What a saved plan says.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    filters, losses = saved["filters"], saved["allowed_losses"]
    if losses is not None and (type(losses) is not int or losses < 0):
        raise ValueError
    return SavedPlan(
        document=document,
        sources=_sources(saved["sources"]),
        filters=Filters(accounts=_texts(filters["accounts"]), targets=_texts(filters["targets"])),
        destroy=document["destroy"] is True,
        allowed_losses=losses,
        salt=bytes.fromhex(saved["salt"]),
        digest=bytes.fromhex(saved["digest"]).hex(),
    )


def _sources(found: Mapping[str, Any]) -> PlanSources:
    variables = found["variables"]
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise TypeError
    return PlanSources(
        files=_texts(found["files"]),
        variables=variables,
        var_files=_texts(found["var_files"]),
        env_files=_texts(found["env_files"]),
    )


def _texts(found: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the document has
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise TypeError
    return tuple(found)


def digest_of(plan: Plan, salt: bytes) -> str:
    """A digest of a plan's essence.

    Args:
        plan: the real plan.
        salt: random bytes, so that secrets of few characters can't be guessed from many digests at once.
    """
    return hashlib.scrypt(plan.essence(), salt=salt, **_COST).hex()


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
        document = json.loads(text)
    except json.JSONDecodeError:
        cut = not data.endswith(_END) and (data.startswith(_BEGIN) or _BEGIN.startswith(data))
        raise _unreadable(cut=cut) from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise _unreadable(cut=False) from None
    if not isinstance(document, dict):
        raise _unreadable(cut=False)
    return document


def _unreadable(*, cut: bool) -> SavedPlanError:
    if cut:
        return SavedPlanError("plan-cut", "the saved plan was cut off")
    return SavedPlanError("plan-altered", "the saved plan was altered, or is none")


def _checksum(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(document).encode()).hexdigest()


def _text(document: Mapping[str, Any]) -> str:
    return json_text(document) + "\n"

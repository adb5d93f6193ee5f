"""What a package offers to be a provider."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.provider import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What a package offers under the entry point group `reconciler.providers`.

    Attributes:
        declaration: the provider as data.
        reader: `module:name` of an `OpenReader`; imported when an account is opened.
        writer: `module:name` of an `OpenWriter`; likewise.
    """

    declaration: Provider
    reader: str
    writer: str

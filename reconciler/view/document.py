"""A plan as the JSON document that is published: Terraform's plan shape, with what is ours beside it.

Source of the shape: https://developer.hashicorp.com/terraform/internals/json-format; ours is described by
`schemas/plan.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.view.listing import Listing
from reconciler.view.plan_view import AccountRow, ChangeRow, LossRow, PlanView, RemoteRow
from reconciler.view.values import Plain, is_masked

FORMAT_VERSION = "1.2"

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def plan_document(view: PlanView, version: str, diagnostics: Iterable[Diagnostic] = ()) -> dict[str, Json]:
    """The JSON document of a plan.

    Args:
        view: what may be shown.
        version: the tool's.
        diagnostics: what was said of the file.
    """
    return {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "reconciler", "version": version},
        "timestamp": view.created,
        "files": view.files,
        "filters": {"accounts": view.filters.accounts, "targets": view.filters.targets},
        "destroy": view.destroy,
        "applyable": view.summary.changes > 0 and not view.refused,
        "complete": not view.not_checked and not view.is_filtered,
        "errored": bool(view.not_checked),
        "resource_changes": [_resource_change(row) for row in view.rows],
        "accounts": [_account(account) for account in view.accounts],
        "summary": asdict(view.summary),
        "losses": [_loss(loss) for loss in view.losses],
        "unmanaged": [remote_document(row) for row in view.unmanaged],
        "known": [remote_document(row) for row in view.known],
        "kept": [remote_document(row) for row in view.kept],
        "duplicates": [remote_document(row) for row in view.duplicates],
        "diagnostics": [diagnostic_document(diagnostic) for diagnostic in diagnostics],
    }


def diagnostic_document(diagnostic: Diagnostic) -> dict[str, Json]:
    """A diagnostic in the shape that `terraform validate -json` gives its own."""
    document: dict[str, Json] = {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "summary": diagnostic.message,
        "detail": diagnostic.help,
    }
    if diagnostic.place is not None:
        document["range"] = _range(diagnostic.place, diagnostic.width)
    return document


def _range(place: Place, width: int) -> Json:
    """What is meant: a part of a line, the line, or (without start and end) the file."""
    if not place.line:
        return {"filename": place.file}
    column = max(place.column, 1)
    return {
        "filename": place.file,
        "start": {"line": place.line, "column": column},
        "end": {"line": place.line, "column": column + (width if place.column else 0)},
    }


def validation_document(diagnostics: Sequence[Diagnostic]) -> dict[str, Json]:
    """What `validate` found, in the shape of `terraform validate -json`."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    return {
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(diagnostics) - errors,
        "diagnostics": [diagnostic_document(diagnostic) for diagnostic in diagnostics],
    }


def listing_document(listing: Listing, version: str) -> dict[str, Json]:
    """What `list` found."""
    return {
        "format_version": "1.0",
        "tool": {"name": "reconciler", "version": version},
        "accounts": [account_document(account) for account in listing.accounts],
        "webhooks": [{**remote_document(row.webhook), "status": row.status} for row in listing.rows],
    }


def remote_document(row: RemoteRow) -> dict[str, Json]:
    """A webhook that is only listed."""
    return {
        "account": row.account,
        "address": row.address,
        "object_id": row.object_id,
        "url": row.url,
        "host": row.host,
        "events": row.events,
        "scope": row.scope,
        "live": row.live,
        "updated": row.updated or None,
        "hint": row.hint or None,
        "near": row.near or None,
        "unknown_fields": row.unknown,
        "unreadable_fields": row.unreadable,
    }


def account_document(account: AccountRow) -> dict[str, Json]:
    """An account that is only listed."""
    return {
        "name": account.name,
        "provider": account.provider,
        "title": account.title,
        "mode": account.mode or None,
        "listed": account.listed,
        "count": account.count,
        "error": {"summary": account.error, "detail": account.help} if account.error else None,
    }


def _account(account: AccountRow) -> dict[str, Json]:
    return {
        **account_document(account),
        "status": account.standing.value,
        "verdict": account.verdict,
        "on_unmanaged": account.on_unmanaged.value,
        "losses": account.losses,
        "max_losses": account.max_losses,
        "allowed_losses": account.loss_limit,
        "absent_place": account.absent_place.value,
    }


def _resource_change(row: ChangeRow) -> dict[str, Json]:
    return {
        "address": row.address,
        "mode": "managed",
        "type": row.type,
        "name": row.name,
        "index": row.index or None,
        "provider_name": row.provider,
        "account": row.account,
        "object_id": row.object_id or None,
        "updated": row.updated or None,
        "partner": row.partner or None,
        "action_reason": row.reason or None,
        "place": row.place or None,
        "unknown_fields": row.unknown,
        "change": {
            "actions": [row.action],
            "before": row.before,
            "after": row.after,
            "after_unknown": {},
            "before_sensitive": _sensitive(row.before),
            "after_sensitive": _sensitive(row.after),
        },
        "field_changes": [{"name": field.name, "before": field.before, "after": field.after} for field in row.fields],
    }


def _sensitive(fields: Mapping[str, Plain] | None) -> Json:
    """Which fields hide something, as Terraform says it: an object of trues, or false where there is no object."""
    return False if fields is None else {name: True for name, value in fields.items() if is_masked(value)}


def _loss(loss: LossRow) -> dict[str, Json]:
    return {
        "account": loss.account,
        "url": loss.url,
        "scope": loss.scope,
        "events": loss.events,
        "absent": None if loss.absent is None else {"url": loss.absent.url, "events": loss.absent.events},
    }

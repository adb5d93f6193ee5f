"""The JSON document of a plan, read back as the view that it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from reconciler.model.configuration import AbsentPlace, OnUnmanaged
from reconciler.model.plan import Filters
from reconciler.view.masking import HINT_WORDS
from reconciler.view.plan_view import (
    AbsentLine,
    AccountRow,
    ChangeRow,
    FieldRow,
    LossRow,
    PlanView,
    RemoteRow,
    Standing,
    Summary,
)
from reconciler.view.values import Plain

_Object = Mapping[str, Any]
"""An object of the document; what is in it is checked by taking it apart here."""


def plan_view_of(document: _Object) -> PlanView:
    """The view that `document.plan_document` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    return PlanView(
        created=_text(document["timestamp"]),
        files=_texts(document["files"]),
        filters=_filters(document["filters"]),
        destroy=_flag(document["destroy"]),
        accounts=tuple(map(_account, document["accounts"])),
        rows=tuple(map(_change, document["resource_changes"])),
        losses=tuple(map(_loss, document["losses"])),
        unmanaged=tuple(map(_remote, document["unmanaged"])),
        known=tuple(map(_remote, document["known"])),
        kept=tuple(map(_remote, document["kept"])),
        duplicates=tuple(map(_remote, document["duplicates"])),
        summary=Summary(**{field.name: _number(document["summary"][field.name]) for field in fields(Summary)}),
    )


def _filters(filters: _Object) -> Filters:
    return Filters(accounts=_texts(filters["accounts"]), targets=_texts(filters["targets"]))


def _account(account: _Object) -> AccountRow:
    error = account["error"] or {"summary": "", "detail": ""}
    return AccountRow(
        name=_text(account["name"]),
        provider=_text(account["provider"]),
        title=_text(account["title"]),
        mode=_text(account["mode"] or ""),
        standing=Standing(account["status"]),
        verdict=_text(account["verdict"]),
        losses=_number(account["losses"]),
        max_losses=_number(account["max_losses"]),
        loss_limit=None if account["allowed_losses"] is None else _number(account["allowed_losses"]),
        on_unmanaged=OnUnmanaged(account["on_unmanaged"]),
        absent_place=AbsentPlace(account["absent_place"]),
        listed=_number(account["listed"]),
        count=None if account["count"] is None else _number(account["count"]),
        error=_text(error["summary"]),
        help=_text(error["detail"]),
    )


def _change(row: _Object) -> ChangeRow:
    (action,) = row["change"]["actions"]
    return ChangeRow(
        account=_text(row["account"]),
        address=_text(row["address"]),
        type=_text(row["type"]),
        name=_text(row["name"]),
        index=_text(row["index"] or ""),
        provider=_text(row["provider_name"]),
        action=_text(action),
        reason=_text(row["action_reason"] or ""),
        partner=_text(row["partner"] or ""),
        object_id=_text(row["object_id"] or ""),
        updated=_text(row["updated"] or ""),
        before=_plain_object(row["change"]["before"]),
        after=_plain_object(row["change"]["after"]),
        fields=tuple(
            FieldRow(name=_text(field["name"]), before=_plain(field["before"]), after=_plain(field["after"]))
            for field in row["field_changes"]
        ),
        unknown=_texts(row["unknown_fields"]),
        place=_text(row["place"] or ""),
    )


def _loss(loss: _Object) -> LossRow:
    line = loss["absent"]
    return LossRow(
        account=_text(loss["account"]),
        url=_text(loss["url"]),
        scope=_text(loss["scope"]),
        events=_texts(loss["events"]),
        absent=None if line is None else AbsentLine(url=_text(line["url"]), events=_texts(line["events"])),
    )


def _remote(row: _Object) -> RemoteRow:
    return RemoteRow(
        account=_text(row["account"]),
        address=_text(row["address"]),
        object_id=_text(row["object_id"]),
        url=_text(row["url"]),
        host=_text(row["host"]),
        events=_texts(row["events"]),
        scope=_text(row["scope"]),
        live=_flag(row["live"]),
        updated=_text(row["updated"] or ""),
        hint=_hint(row["hint"] or ""),
        near=_text(row["near"] or ""),
        unknown=_texts(row["unknown_fields"]),
        unreadable=_texts(row["unreadable_fields"]),
    )


def _hint(value: Any) -> str:  # noqa: ANN401 - whatever the document has
    if value and value not in HINT_WORDS:
        raise ValueError
    return _text(value)


def _plain_object(value: Any) -> dict[str, Plain] | None:  # noqa: ANN401 - whatever the document has
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError
    return {_text(name): _plain(inner) for name, inner in value.items()}


def _plain(value: Any) -> Plain:  # noqa: ANN401 - whatever the document has
    if value is None or isinstance(value, bool | str):
        return value
    return _texts(value)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the document has
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the document has
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError
    return tuple(map(_text, value))


def _flag(value: Any) -> bool:  # noqa: ANN401 - whatever the document has
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any) -> int:  # noqa: ANN401 - whatever the document has
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value

"""What accounts claim: `owns`, `absent`, `protect`, `known` and `limits`, for each account its own or the top's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.config.accounts import FileAccount
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Span
from reconciler.config.interpolation import Purpose, Values
from reconciler.config.urls import depends_on_unset_variable, read_pattern
from reconciler.model.configuration import AbsentPlace, Account, Named, OnUnmanaged
from reconciler.model.field import Field, FieldType
from reconciler.model.pattern import MOST_WITH_A_STAR, Pattern, PatternSet
from reconciler.model.webhook import Scope

_OBJECT_ID = re.compile(r"[A-Za-z0-9_-]+")
_Read = TypeVar("_Read")


class Owned(Struct, frozen=True, kw_only=True):
    """An item of `owns` as read: what kind of webhook it says (none where it is about the account's), and where."""

    pattern: Pattern
    span: Span
    kind: Scope = ()
    kind_spans: Mapping[str, Span] = field(default_factory=dict)


class Ownership(Struct, frozen=True, kw_only=True):
    """What stands under `owns`, as read."""

    items: tuple[Owned, ...]
    patterns: Mapping[Scope, PatternSet]  # by the kind that an item says; those that say none under the empty one
    symbolic: PatternSet  # all patterns, as they may be judged aloud
    span: Span | None  # where the list stands; None where no file has it
    certain: bool  # whether what it doesn't match is surely not meant: all of it could be read, no variable is unset


def read_claims(
    tops: Sequence[Cursor], accounts: Sequence[FileAccount], values: Values
) -> tuple[tuple[FileAccount, ...], dict[str, Ownership]]:
    """Read what all accounts claim: the accounts with it, and what each owns, by the file's names of them.

    The keys at the top of the files are for the accounts that have none of that key.
    """

    def claims(key: str, read: Callable[[str, Sequence[Cursor], Values], _Read]) -> dict[str, _Read]:
        """What each account claims by a key; what stands at the top is read once, and one object in all accounts."""
        lacking = [one.name for one in accounts if not one.cursor.has(key)]
        top = read(key, tops, values.for_accounts(*lacking))
        own = {one.name: one.cursor for one in accounts if one.cursor.has(key)}
        read_own = {name: read(key, [cursor], values.for_accounts(name)) for name, cursor in own.items()}
        return dict.fromkeys(lacking, top) | read_own

    providers = [one.provider for one in accounts if one.provider is not None]
    kinds = {spec.name: spec for provider in providers for spec in provider.fields if spec.scope}
    owns, protect = claims("owns", partial(_ownership, kinds)), claims("protect", _protect)
    absent, known = claims("absent", _named), claims("known", _named)
    has_top = any(cursor.has("absent") for cursor in tops)
    sharing = [of for one in accounts if not one.cursor.has("absent") for of in one.accounts]
    shares_top = len(sharing) > 1 or any(account.is_pattern for account in sharing)
    found: list[FileAccount] = []
    for one in accounts:
        cursors = [one.cursor, *tops]
        unmanaged = next((text.raw for cursor in cursors if (text := cursor.text("unmanaged")) is not None), "report")
        limits = ((cursor.map("limits") or Cursor()).number("max_losses") for cursor in cursors)
        losses = next((int(number) for number in limits if number is not None), None)
        if one.cursor.has("absent"):
            place = AbsentPlace.IN_ACCOUNT
        elif shares_top:
            place = AbsentPlace.NEW_IN_ACCOUNT_REPEATING_TOP if absent[one.name] else AbsentPlace.NEW_IN_ACCOUNT
        else:
            place = AbsentPlace.AT_TOP if has_top else AbsentPlace.NEW_AT_TOP
        claimed = [
            replace(
                account,
                owns=owns[one.name].patterns[()],
                owns_kinds={_scope(account, kind): of for kind, of in owns[one.name].patterns.items() if kind},
                absent=absent[one.name],
                absent_place=place,
                protect=protect[one.name],
                known=known[one.name],
                own_claims=frozenset(key for key in ("owns", "known") if one.cursor.has(key)),
                on_unmanaged=OnUnmanaged(unmanaged),
                max_losses=losses,
            )
            for account in one.accounts
        ]
        found.append(replace(one, accounts=tuple(claimed)))
        for key, span in (pair for item in owns[one.name].items for pair in item.kind_spans.items()):
            if one.provider is not None and key not in one.provider.scope_fields:
                message = f"{one.provider.title} doesn't support `{key}`"
                values.diagnostics.error("setting-unsupported", span, message, "Remove it.")
    return tuple(found), owns


def _scope(account: Account, kind: Scope) -> Scope:
    """The account's kind of webhook, but of this kind where it says so."""
    said = {**dict(account.scope), **dict(kind)}
    return tuple((name, said[name]) for name in account.provider.scope_fields if name in said)


def _ownership(kinds: Mapping[str, Field], key: str, cursors: Sequence[Cursor], values: Values) -> Ownership:
    written = _items(key, cursors, values)
    items = tuple(owned for item in written if (owned := _owned(item, kinds, values)) is not None)
    is_certain = len(items) == len(written) and not any(cursor.is_unusable(key) for cursor in cursors)
    of_kinds = dict.fromkeys([(), *(item.kind for item in items)])
    return Ownership(
        items=items,
        patterns={kind: PatternSet(item.pattern for item in items if item.kind == kind) for kind in of_kinds},
        symbolic=PatternSet(item.pattern.symbolic for item in items),
        span=next((cursor.span(key) for cursor in cursors if cursor.has(key)), None),
        certain=is_certain and not any(depends_on_unset_variable(item.pattern.source) for item in items),
    )


def _owned(item: Text | Cursor, kinds: Mapping[str, Field], values: Values) -> Owned | None:
    """An item of `owns`; None where its pattern is none, or nobody knows its kind: without it, it would own another."""
    url, inner = (item, Cursor()) if isinstance(item, Text) else (item.text("url"), item)
    pattern = _pattern(url, values)
    spans = {key: inner.span(key) for key in kinds if inner.has(key)}
    said: dict[str, bool | str | None] = {}
    for key in spans:
        is_flag = kinds[key].type is FieldType.FLAG
        said[key] = values.flag(inner.flag(key)) if is_flag else values.plain(inner.text(key))
    if url is None or pattern is None or None in said.values():
        return None
    kind = tuple((key, value) for key, value in sorted(said.items()) if value is not None)
    return Owned(pattern=pattern, span=url.span, kind=kind, kind_spans=spans)


def _protect(key: str, cursors: Sequence[Cursor], values: Values) -> PatternSet:
    texts = (item for item in _items(key, cursors, values) if isinstance(item, Text))
    return PatternSet(found for text in texts if (found := _pattern(text, values)) is not None)


def _named(key: str, cursors: Sequence[Cursor], values: Values) -> tuple[Named, ...]:
    """What stands under `absent` or `known`; what can't be read is left out, which a diagnostic says."""
    found = (_named_by(key, item, values) for item in _items(key, cursors, values))
    return tuple(named for named in found if named is not None)


def _items(key: str, cursors: Sequence[Cursor], values: Values) -> list[Text | Cursor]:
    items = [item for cursor in cursors for item in cursor.items(key)]
    texts = (item if isinstance(item, Text) else item.text("url") for item in items)
    with_a_star = [text for text in texts if text is not None and "*" in text.raw]
    if len(with_a_star) > MOST_WITH_A_STAR:
        message = f"the list has more than {MOST_WITH_A_STAR} patterns with a `*`"
        help_ = "Use fewer, broader patterns, or exact URLs."
        values.diagnostics.too_much(with_a_star[MOST_WITH_A_STAR].span, message, help_)
    return items


def _named_by(key: str, item: Text | Cursor, values: Values) -> Named | None:
    events: tuple[Text, ...] | None = None
    if isinstance(item, Text):
        # Under `known` an id may stand by itself. Under `absent` it may not: what is deleted is spelled out.
        is_id = key == "known" and _OBJECT_ID.fullmatch(item.raw)
        url, object_id = (None, item) if is_id else (item, None)
    else:
        url, object_id, events = item.text("url"), item.text("id"), item.texts("events")
        # Without its events it would name more than was meant.
        if (url is None) == (object_id is None) or item.is_unusable("events"):
            return None
    if object_id is not None:
        said = values.plain(object_id)
        return None if said is None else Named(object_id=said, place=object_id.span.place)
    pattern = _pattern(url, values)
    names = [values.plain(event) for event in events or ()]
    if url is None or pattern is None or None in names:
        return None
    known = None if events is None else frozenset(name for name in names if name is not None)
    return Named(pattern=pattern, events=known, place=url.span.place)


def _pattern(text: Text | None, values: Values) -> Pattern | None:
    # A value from the environment in scheme, host or port is the pattern's reader to refuse.
    value = values.text(text, Purpose.PATTERN) if text is not None else None
    return None if text is None or value is None else read_pattern(value, text.span, values.diagnostics)

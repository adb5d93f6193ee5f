"""What accounts claim: `owns`, `absent`, `protect`, `known` and `limits`, for each account its own or the top's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.config.accounts import FileAccount
from reconciler.config.cursor import Cursor, Text
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.interpolation import PATTERN, Interpolation, Values
from reconciler.config.limits import MOST_WITH_A_STAR
from reconciler.config.url_text import depends_on_unset_variable, read_pattern
from reconciler.model.configuration import AbsentAt, Account, Named, OnUnmanaged
from reconciler.model.pattern import Pattern, PatternSet
from reconciler.model.provider import Field, FieldType
from reconciler.model.webhook import Scope

_OBJECT_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An item of `owns` as read.

    Attributes:
        kind: the fields of its kind of webhook that it says; none where it is about the account's.
        kind_spans: where it says them.
    """

    pattern: Pattern
    span: Span
    kind: Scope = ()
    kind_spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What stands under `owns`, as read.

    Attributes:
        items: each item.
        patterns: those that say no kind.
        kinds: those that say one, by what they say.
        symbolic: all of them, as they may be judged aloud.
        span: where the list stands; None where no file has it.
        certain: whether what it doesn't match is surely not meant: all of it could be read, no variable is unset.
    """

    items: tuple[Owned, ...] = ()
    patterns: PatternSet = field(default_factory=PatternSet)
    kinds: Mapping[Scope, PatternSet] = field(default_factory=dict)
    symbolic: PatternSet = field(default_factory=PatternSet)
    span: Span | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClaims:
    """What one account claims; what stands at the top is one object in all accounts."""

    owns: Ownership
    absent: tuple[Named, ...]
    absent_at: AbsentAt
    protect: PatternSet
    known: tuple[Named, ...]
    on_unmanaged: OnUnmanaged
    max_losses: int | None

    def of(self, account: Account) -> Account:
        """An account with what it claims."""
        return replace(
            account,
            owns=self.owns.patterns,
            owns_kinds={_scope(account, kind): patterns for kind, patterns in self.owns.kinds.items()},
            absent=self.absent,
            absent_at=self.absent_at,
            protect=self.protect,
            known=self.known,
            on_unmanaged=self.on_unmanaged,
            max_losses=self.max_losses,
        )


def read_claims(
    tops: Sequence[Cursor], accounts: Sequence[FileAccount], interpolation: Interpolation
) -> dict[str, AccountClaims]:
    """Read what all accounts claim, by the file's names of them.

    Args:
        tops: the files, whose keys are for the accounts that have none of that key.
        accounts: the accounts.
        interpolation: the values of variables.
    """
    providers = [account.provider for one in accounts for account in one.accounts[:1]]
    kinds = {spec.name: spec for provider in providers for spec in provider.fields if spec.scope}
    reader = _ClaimReader(kinds, interpolation.diagnostics)
    own = {account.name: [account.cursor] for account in accounts}

    def values_of_top(key: str) -> Values:
        return interpolation.for_accounts(*(name for name, cursors in own.items() if not _having(cursors, key)))

    owns = reader.owns(tops, values_of_top("owns"))
    absent = reader.named("absent", tops, values_of_top("absent"))
    protect = reader.protect(tops, values_of_top("protect"))
    known = reader.named("known", tops, values_of_top("known"))
    found: dict[str, AccountClaims] = {}
    for name, cursors in own.items():
        values = interpolation.for_accounts(name)
        unmanaged = _first_text("unmanaged", [*cursors, *tops])
        found[name] = AccountClaims(
            owns=reader.owns(cursors, values) if _having(cursors, "owns") else owns,
            absent=reader.named("absent", cursors, values) if _having(cursors, "absent") else absent,
            absent_at=_absent_at(cursors, tops),
            protect=reader.protect(cursors, values) if _having(cursors, "protect") else protect,
            known=reader.named("known", cursors, values) if _having(cursors, "known") else known,
            on_unmanaged=OnUnmanaged.REPORT if unmanaged is None else OnUnmanaged(unmanaged.raw),
            max_losses=_max_losses([*cursors, *tops]),
        )
    return found


def _having(cursors: Iterable[Cursor], key: str) -> list[Cursor]:
    return [cursor for cursor in cursors if cursor.has(key)]


def _first_text(key: str, cursors: Iterable[Cursor]) -> Text | None:
    return next((text for cursor in cursors if (text := cursor.text(key)) is not None), None)


def _max_losses(cursors: Iterable[Cursor]) -> int | None:
    limits = (cursor.map("limits") for cursor in cursors)
    found = (number for inner in limits if inner is not None and (number := inner.number("max_losses")) is not None)
    losses = next(found, None)
    return None if losses is None else int(losses)


def _absent_at(own: Iterable[Cursor], tops: Iterable[Cursor]) -> AbsentAt:
    if _having(own, "absent"):
        return AbsentAt.ACCOUNT
    return AbsentAt.TOP if _having(tops, "absent") else AbsentAt.NOWHERE


def _scope(account: Account, kind: Scope) -> Scope:
    """The account's kind of webhook, but of this kind where it says so."""
    said = {**dict(account.scope), **dict(kind)}
    return tuple((name, said[name]) for name in account.provider.scope_fields if name in said)


class _ClaimReader:
    """Reads lists of patterns."""

    def __init__(self, kinds: Mapping[str, Field], diagnostics: Diagnostics) -> None:
        self._kinds = kinds
        self._diagnostics = diagnostics

    def owns(self, cursors: Iterable[Cursor], values: Values) -> Ownership:
        """What stands under `owns`, of all files together."""
        having = _having(cursors, "owns")
        if not having:
            return Ownership()
        written = [item for cursor in having for item in cursor.items("owns")]
        self._check_number(written)
        items = tuple(owned for item in written if (owned := self._owned(item, values)) is not None)
        kinds = dict.fromkeys(item.kind for item in items if item.kind)
        return Ownership(
            items=items,
            patterns=PatternSet(item.pattern for item in items if not item.kind),
            kinds={kind: PatternSet(item.pattern for item in items if item.kind == kind) for kind in kinds},
            symbolic=PatternSet(item.pattern.symbolic for item in items),
            span=having[0].span("owns"),
            certain=len(items) == len(written)
            and not any(cursor.is_unusable("owns") for cursor in having)
            and not any(depends_on_unset_variable(item.pattern.source) for item in items),
        )

    def _owned(self, item: Text | Cursor, values: Values) -> Owned | None:
        """An item of `owns`; None where its pattern is none, or nobody knows its kind."""
        if isinstance(item, Text):
            pattern = self._pattern(item, values)
            return None if pattern is None else Owned(pattern=pattern, span=item.span)
        url = item.text("url")
        pattern = self._pattern(url, values)
        spans = {key: item.span(key) for key in self._kinds if item.has(key)}
        said = {key: self._kind(self._kinds[key], item, values) for key in spans}
        # Without its kind it would own another one.
        if url is None or pattern is None or any(value is None for value in said.values()):
            return None
        kind = tuple((key, value) for key, value in sorted(said.items()) if value is not None)
        return Owned(pattern=pattern, span=url.span, kind=kind, kind_spans=spans)

    def _kind(self, spec: Field, item: Cursor, values: Values) -> bool | str | None:
        return values.flag(item.flag(spec.name)) if spec.type is FieldType.FLAG else values.plain(item.text(spec.name))

    def protect(self, cursors: Iterable[Cursor], values: Values) -> PatternSet:
        """What stands under `protect`."""
        texts = [text for cursor in cursors for text in cursor.texts("protect") or ()]
        self._check_number(texts)
        return PatternSet(found for text in texts if (found := self._pattern(text, values)) is not None)

    def named(self, key: str, cursors: Iterable[Cursor], values: Values) -> tuple[Named, ...]:
        """What stands under `absent` or `known`; what can't be read is left out, which a diagnostic says."""
        items = [item for cursor in cursors for item in cursor.items(key)]
        self._check_number(items)
        return tuple(named for item in items for named in self._one_named(key, item, values))

    def _one_named(self, key: str, item: Text | Cursor, values: Values) -> Iterator[Named]:
        if isinstance(item, Text):
            # Under `known` an id may stand by itself. Under `absent` it may not: what is deleted is spelled out.
            is_id = key == "known" and _OBJECT_ID.fullmatch(item.raw)
            url, object_id = (None, item) if is_id else (item, None)
            events: tuple[Text, ...] | None = None
        else:
            url, object_id, events = item.text("url"), item.text("id"), item.texts("events")
            # Without its events it would name more than was meant.
            if (url is None) == (object_id is None) or item.is_unusable("events"):
                return
        if object_id is not None:
            said = values.plain(object_id)
            if said is not None:
                yield Named(object_id=said, place=object_id.span.place)
            return
        pattern = self._pattern(url, values)
        names = [values.plain(event) for event in events or ()]
        if url is not None and pattern is not None and None not in names:
            known = None if events is None else frozenset(name for name in names if name is not None)
            yield Named(pattern=pattern, events=known, place=url.span.place)

    def _pattern(self, text: Text | None, values: Values) -> Pattern | None:
        # A value from the environment in scheme, host or port is the pattern's reader to refuse.
        value = values.text(text, PATTERN) if text is not None else None
        return None if text is None or value is None else read_pattern(value, text.span, self._diagnostics)

    def _check_number(self, items: Iterable[Text | Cursor]) -> None:
        texts = (item if isinstance(item, Text) else item.text("url") for item in items)
        with_a_star = [text for text in texts if text is not None and "*" in text.raw]
        if len(with_a_star) > MOST_WITH_A_STAR:
            self._diagnostics.too_much(
                with_a_star[MOST_WITH_A_STAR].span,
                f"the list has more than {MOST_WITH_A_STAR} patterns with a `*`",
                "Write fewer and wider ones, or exact URLs.",
            )


def check_kinds(accounts: Iterable[FileAccount], claims: Mapping[str, AccountClaims], diagnostics: Diagnostics) -> None:
    """Report items of `owns` that say a kind which the account's provider doesn't have."""
    for one in accounts:
        for account in one.accounts[:1]:
            for item in claims[one.name].owns.items:
                for key in item.kind_spans.keys() - set(account.provider.scope_fields):
                    message = f"{account.provider.title} doesn't support `{key}`"
                    diagnostics.error("setting-unsupported", item.kind_spans[key], message, "Remove it.")

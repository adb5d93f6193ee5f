"""What accounts claim: `owns`, `absent`, `protect`, `known` and `limits`, for each account its own or the top's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.config.bounds import MOST_WITH_A_STAR
from reconciler.config.context import Context
from reconciler.config.interpolate import Rule
from reconciler.config.spot import Spot
from reconciler.config.url_text import is_guess, read_pattern
from reconciler.config.written import Claims, Text, Texts, WrittenAccount, WrittenNamed, WrittenOwned, WrittenOwns
from reconciler.model.configuration import AbsentAt, Named, OnUnmanaged
from reconciler.model.pattern import Pattern, PatternSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An item of `owns` as read.

    Attributes:
        is_test: the kind that it says; None where it is about the account's.
        is_test_spot: where it says so.
    """

    pattern: Pattern
    spot: Spot
    is_test: bool | None = None
    is_test_spot: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """What stands under `owns`, as read.

    Attributes:
        items: each item.
        matcher: those that say no kind.
        kinds: those that say one, by whether it is `is_test`.
        opaque: all of them, as they may be judged aloud.
        spot: where the list stands; None where no file has it.
        certain: whether what it doesn't match is surely not meant: all of it could be read, no variable is unset.
    """

    items: tuple[Owned, ...] = ()
    matcher: PatternSet = field(default_factory=PatternSet)
    kinds: Mapping[bool, PatternSet] = field(default_factory=dict)
    opaque: PatternSet = field(default_factory=PatternSet)
    spot: Spot | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClaims:
    """What one account claims."""

    owns: Patterns
    absent: tuple[Named, ...]
    absent_at: AbsentAt
    protect: PatternSet
    known: tuple[Named, ...]
    on_unmanaged: OnUnmanaged
    max_losses: int | None


def read_claims(
    top: Claims, accounts: tuple[WrittenAccount, ...], default: str, context: Context
) -> dict[str, AccountClaims]:
    """Read what all accounts claim.

    Args:
        top: what stands at the top, for the accounts that have none of that key.
        accounts: the accounts of the file; none for the default one alone.
        default: the name of the default account.
        context: where complaints go.
    Returns:
        By account. What stands at the top is one object in all of them.
    """
    names = tuple(account.name for account in accounts) or (default,)
    own = {account.name: account.claims for account in accounts}

    def users(key: str) -> tuple[str, ...]:
        return tuple(name for name in names if name not in own or getattr(own[name], key) is None)

    top_owns = _owns(top.owns, context, needed=context.needs(*users("owns")))
    top_absent = _named(top.absent, context, needed=context.needs(*users("absent")))
    top_protect = _matcher(top.protect, context, needed=context.needs(*users("protect")))
    top_known = _named(top.known, context, needed=context.needs(*users("known")))
    found: dict[str, AccountClaims] = {}
    for name in names:
        claims = own.get(name, Claims())
        needed = context.needs(name)
        losses = claims.max_losses if claims.max_losses is not None else top.max_losses
        unmanaged = claims.unmanaged if claims.unmanaged is not None else top.unmanaged
        found[name] = AccountClaims(
            owns=top_owns if claims.owns is None else _owns(claims.owns, context, needed=needed),
            absent=top_absent if claims.absent is None else _named(claims.absent, context, needed=needed),
            absent_at=_absent_at(claims, top),
            protect=top_protect if claims.protect is None else _matcher(claims.protect, context, needed=needed),
            known=top_known if claims.known is None else _named(claims.known, context, needed=needed),
            on_unmanaged=OnUnmanaged.REPORT if unmanaged is None else OnUnmanaged(unmanaged),
            max_losses=losses,
        )
    return found


def _absent_at(own: Claims, top: Claims) -> AbsentAt:
    if own.absent is not None:
        return AbsentAt.ACCOUNT
    return AbsentAt.NOWHERE if top.absent is None else AbsentAt.TOP


def _owns(owns: WrittenOwns | None, context: Context, *, needed: bool) -> Patterns:
    if owns is None:
        return Patterns()
    _check_number((item.url for item in owns.items), context)
    found = [_owned(item, context, needed=needed) for item in owns.items]
    items = tuple(item for item in found if item is not None)
    said = {item.is_test for item in items} - {None}
    return Patterns(
        items=items,
        matcher=PatternSet(item.pattern for item in items if item.is_test is None),
        kinds={
            is_test: PatternSet(item.pattern for item in items if item.is_test is is_test)
            for is_test in (False, True)
            if is_test in said
        },
        opaque=PatternSet(item.pattern.opaque for item in items),
        spot=owns.spot,
        certain=owns.complete and len(items) == len(found) and not any(is_guess(item.pattern.source) for item in items),
    )


def _owned(item: WrittenOwned, context: Context, *, needed: bool) -> Owned | None:
    """An item of `owns`; None where its pattern is none, or nobody knows its kind."""
    pattern = _pattern(item.url, context, needed=needed)
    is_test = context.interpolator.flag(item.is_test, needed=needed)
    if pattern is None or (item.is_test is not None and is_test is None):
        return None
    return Owned(pattern=pattern, spot=item.url.spot, is_test=is_test, is_test_spot=item.is_test_spot)


def _matcher(texts: Texts | None, context: Context, *, needed: bool) -> PatternSet:
    items = () if texts is None else texts.items
    _check_number(items, context)
    return PatternSet(pattern for text in items if (pattern := _pattern(text, context, needed=needed)) is not None)


def _check_number(texts: Iterable[Text], context: Context) -> None:
    with_a_star = [text for text in texts if "*" in text.raw]
    if len(with_a_star) > MOST_WITH_A_STAR:
        context.complaints.too_much(
            with_a_star[MOST_WITH_A_STAR].spot,
            f"the list has more than {MOST_WITH_A_STAR} patterns with a `*`",
            "Write fewer and wider ones, or exact URLs.",
        )


def _pattern(text: Text, context: Context, *, needed: bool) -> Pattern | None:
    # A value from the environment in scheme, host or port is the pattern's reader to refuse.
    value = context.interpolator.text(text, Rule(environment=True, needed=needed, url=True))
    return read_pattern(value, text.spot, context.complaints) if value is not None else None


def _named(items: tuple[WrittenNamed, ...] | None, context: Context, *, needed: bool) -> tuple[Named, ...]:
    """Items of `absent` or `known`; those that can't be read are left out, after a complaint."""
    _check_number((item.url for item in items or () if item.url is not None), context)
    found = (_one_named(item, context, needed=needed) for item in items or ())
    return tuple(item for item in found if item is not None)


def _one_named(item: WrittenNamed, context: Context, *, needed: bool) -> Named | None:
    if item.url is None:
        assert item.object_id is not None  # an item has one of the two  # noqa: S101
        object_id = context.plain(item.object_id, needed=needed)
        return None if object_id is None else Named(object_id=object_id, place=item.object_id.spot.place)
    pattern = _pattern(item.url, context, needed=needed)
    events = [context.plain(event, needed=needed) for event in item.events or ()]
    if pattern is None or None in events:
        return None
    return Named(
        pattern=pattern,
        events=None if item.events is None else frozenset(event for event in events if event is not None),
        place=item.url.spot.place,
    )

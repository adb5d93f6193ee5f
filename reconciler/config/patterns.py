"""What accounts claim: `owns`, `absent`, `protect` and `limits`, for each account its own or the top's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.config.bounds import MOST_WITH_A_STAR
from reconciler.config.context import Context
from reconciler.config.interpolate import Rule
from reconciler.config.spot import Spot
from reconciler.config.url_text import is_guess, read_pattern
from reconciler.config.written import Claims, Text, Texts, WrittenAbsent, WrittenAccount
from reconciler.model.configuration import Absent, AbsentAt
from reconciler.model.pattern import Pattern, PatternSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """A list of patterns as read.

    Attributes:
        items: each pattern and where it stands.
        matcher: all of them.
        opaque: all of them, as they may be judged aloud.
        spot: where the list stands; None where no file has it.
        certain: whether what it doesn't match is surely not meant: all of it could be read, no variable is unset.
    """

    items: tuple[tuple[Pattern, Spot], ...] = ()
    matcher: PatternSet
    opaque: PatternSet
    spot: Spot | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClaims:
    """What one account claims."""

    owns: Patterns
    absent: tuple[Absent, ...]
    absent_at: AbsentAt
    protect: PatternSet
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

    top_owns = _patterns(top.owns, context, needed=context.needs(*users("owns")))
    top_absent = _absent(top.absent, context, needed=context.needs(*users("absent")))
    top_protect = _patterns(top.protect, context, needed=context.needs(*users("protect")))
    found: dict[str, AccountClaims] = {}
    for name in names:
        claims = own.get(name, Claims())
        needed = context.needs(name)
        losses = claims.max_losses if claims.max_losses is not None else top.max_losses
        found[name] = AccountClaims(
            owns=top_owns if claims.owns is None else _patterns(claims.owns, context, needed=needed),
            absent=top_absent if claims.absent is None else _absent(claims.absent, context, needed=needed),
            absent_at=_absent_at(claims, top),
            protect=(
                top_protect if claims.protect is None else _patterns(claims.protect, context, needed=needed)
            ).matcher,
            max_losses=losses,
        )
    return found


def _absent_at(own: Claims, top: Claims) -> AbsentAt:
    if own.absent is not None:
        return AbsentAt.ACCOUNT
    return AbsentAt.NOWHERE if top.absent is None else AbsentAt.TOP


def _patterns(texts: Texts | None, context: Context, *, needed: bool) -> Patterns:
    if texts is None:
        return Patterns(matcher=PatternSet(), opaque=PatternSet())
    _check_number(texts.items, context)
    found = [(_pattern(text, context, needed=needed), text.spot) for text in texts.items]
    items = tuple((pattern, spot) for pattern, spot in found if pattern is not None)
    return Patterns(
        items=items,
        matcher=PatternSet(pattern for pattern, _ in items),
        opaque=PatternSet(pattern.opaque for pattern, _ in items),
        spot=texts.spot,
        certain=texts.complete
        and len(items) == len(found)
        and not any(is_guess(pattern.source) for pattern, _ in items),
    )


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


def _absent(items: tuple[WrittenAbsent, ...] | None, context: Context, *, needed: bool) -> tuple[Absent, ...]:
    _check_number((item.url for item in items or ()), context)
    found: list[Absent] = []
    for item in items or ():
        pattern = _pattern(item.url, context, needed=needed)
        events = [context.plain(event, needed=needed) for event in item.events or ()]
        if pattern is not None and None not in events:
            found.append(
                Absent(
                    pattern=pattern,
                    events=None if item.events is None else frozenset(event for event in events if event is not None),
                    place=item.url.spot.place,
                )
            )
    return tuple(found)

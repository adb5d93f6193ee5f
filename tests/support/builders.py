"""Small makers of values, so that a test says only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration, Named, OnUnmanaged
from reconciler.model.diagnostic import Place, UrlError
from reconciler.model.pattern import PatternSet, parse_pattern
from reconciler.model.plan import AccountPlan, Change, Filters, NotPlanned, Plan
from reconciler.model.reading import ProviderError, Reading
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Address, Desired, Remote
from reconciler.output.terminal import SIGNS
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.shippo import SHIPPO

DAY = datetime(2026, 1, 1, tzinfo=UTC)
HOST = "https://hooks.example.com"
EVENT = "track_updated"


def url(text: str) -> Url:
    """A URL as a file would write it; a path is taken to be at the usual host."""
    return parse_url(SecretText.literal(HOST + text if text.startswith("/") else text))


def hook(
    object_id: str,
    path: str = "/a",
    event: str = EVENT,
    *,
    active: bool = True,
    is_test: bool = False,
    day: int | None = 1,
) -> Remote:
    """A remote webhook. `day` says when it was made; None: nobody knows."""
    text = SecretText.provider(HOST + path if path.startswith("/") else path)
    try:
        there: Url | SecretText = parse_url(text)
    except UrlError:
        there = text
    fields = SHIPPO.normalise({"url": there, "event": event, "active": active, "is_test": is_test})
    made = None if day is None else DAY + timedelta(days=day)
    return Remote(id=object_id, key=SHIPPO.key_of(fields), fields=fields, created=made, updated=made)


def entry(
    name: str,
    path: str | Url = "/a",
    event: str = EVENT,
    *,
    account: str = "default",
    active: bool = True,
    is_test: bool = False,
    ignored: Iterable[str] = (),
) -> Desired:
    """One wanted webhook."""
    there = url(path) if isinstance(path, str) else path
    fields = SHIPPO.normalise({"url": there, "event": event, "active": active, "is_test": is_test})
    key = SHIPPO.key_of(fields)
    assert key is not None
    return Desired(
        address=Address(account=account, name=name, index=event),
        key=key,
        fields=fields,
        ignored=frozenset(ignored),
        place=Place(file="webhooks.yaml", line=1, column=1),
    )


def patterns(*texts: str) -> PatternSet:
    """Patterns as a file would write them; a path is taken to be at the usual host."""
    return PatternSet(
        parse_pattern(SecretText.literal(HOST + text if text.startswith("/") else text)) for text in texts
    )


def absent(text: str, *events: str) -> Named:
    """An item of `absent`, or of `known`."""
    (pattern,) = patterns(text).patterns
    return Named(pattern=pattern, events=frozenset(events) or None)


def account(
    name: str = "default",
    *,
    owns: Sequence[str] = ("/*",),
    absents: Sequence[Named] = (),
    protect: Sequence[str] = (),
    known: Sequence[Named] = (),
    unmanaged: OnUnmanaged = OnUnmanaged.REPORT,
    owns_test: Sequence[str] = (),
    is_test: bool = False,
    max_losses: int | None = 3,
    base_url: str = "https://api.example.com",
) -> Account:
    """An account that owns everything at the usual host."""
    return Account(
        name=name,
        provider=SHIPPO,
        token=SecretText.environment("TOKEN", f"shippo_live_{name}"),
        base_url=base_url,
        kind="test" if is_test else "live",
        scope=(("is_test", is_test),),
        owns=patterns(*owns),
        absent=tuple(absents),
        protect=patterns(*protect),
        known=tuple(known),
        on_unmanaged=unmanaged,
        owns_kinds={(("is_test", True),): patterns(*owns_test)} if owns_test else {},
        max_losses=max_losses,
    )


def configuration(desired: Sequence[Desired] = (), accounts: Sequence[Account] = ()) -> Configuration:
    """A configuration; with one usual account where none is given."""
    urls = (value for wanted in desired for value in wanted.fields.values())
    return Configuration(
        accounts=Accounts(accounts or (account(),)),
        desired=tuple(desired),
        files=("webhooks.yaml",),
        redaction=Redaction(found for found in urls if isinstance(found, Url)),
    )


def planned(
    desired: Sequence[Desired] = (),
    remotes: Mapping[str, Sequence[Remote] | ProviderError] | Sequence[Remote] = (),
    accounts: Sequence[Account] = (),
    *,
    targets: Sequence[str] = (),
    excludes: Sequence[str] = (),
    destroy: bool = False,
    allowed_losses: int | None = None,
    fail_on_unmanaged: bool = False,
) -> Plan:
    """The plan of a configuration and of what its accounts have (a bare list: the account `default` has it)."""
    there = remotes if isinstance(remotes, Mapping) else {"default": remotes}
    readings = {
        name: found
        if isinstance(found, ProviderError)
        else Reading(account=name, remotes=tuple(found), count=len(found))
        for name, found in there.items()
    }
    options = PlanOptions(
        filters=Filters(targets=tuple(targets), excludes=tuple(excludes)),
        destroy=destroy,
        allowed_losses=allowed_losses,
        fail_on_unmanaged=fail_on_unmanaged,
    )
    return plan(configuration(desired, accounts), readings, options, DAY)


def only(made: Plan) -> AccountPlan:
    """The plan of the only account."""
    (one,) = made.accounts
    assert isinstance(one, AccountPlan), one
    return one


def not_planned(made: Plan) -> dict[str, NotPlanned]:
    """The accounts that could not be planned, by name."""
    return {one.account.name: one for one in made.not_planned}


def signs(made: Plan) -> list[str]:
    """A plan's changes in short: `+ orders[track_updated]`."""
    return [sign(change) for one in made.planned for change in one.changes]


def sign(change: Change) -> str:
    """A change in short."""
    return f"{SIGNS[change.action.value]} {change.address.text(long=False)}"

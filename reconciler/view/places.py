"""Places of an account in which nothing changes, told together: nobody reads 200 lines that say the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from reconciler.view.documents import PlanView
from reconciler.view.rows import AccountRow, Row, Standing

_FEWEST = 4  # that are told together


class PlacesRow(AccountRow, frozen=True, kw_only=True):
    """The places of an account in which nothing changes, as one account."""

    places: int
    all_places: int


def places_together(view: PlanView) -> PlanView:
    """A plan for people to read: it has one account in place of many places in which nothing changes."""
    quiet: dict[str, list[AccountRow]] = defaultdict(list)  # by group
    for account in view.accounts:
        if ":" in account.name and account.status is Standing.IN_STEP:
            quiet[_group(account.name)].append(account)
    together = {one.name: name for name, its in quiet.items() if len(its) >= _FEWEST for one in its}
    if not together:
        return view
    numbers = Counter(_group(account.name) for account in view.accounts)

    def renamed(rows: Iterable[Row]) -> tuple[Row, ...]:
        return tuple(replace(row, account=together[row.account]) if row.account in together else row for row in rows)

    rows: dict[str, AccountRow] = {}
    for account in view.accounts:
        name = together.get(account.name, account.name)
        if name not in rows:
            rows[name] = _row(name, quiet[name], numbers[name]) if account.name in together else account
    return replace(
        view,
        accounts=tuple(rows.values()),
        resource_changes=renamed(view.resource_changes),
        unmanaged=renamed(view.unmanaged),
        known=renamed(view.known),
    )


def of_one_place(rows: Iterable[Row], accounts: Iterable[AccountRow]) -> Iterator[Row]:
    """The rows, of those of places that are told together those that make a difference: as of one place."""
    together = {account.name for account in accounts if isinstance(account, PlacesRow)}
    alike: dict[tuple[object, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.account in together:
            key = (row.account, row.url, row.events, row.scope, row.status, row.delivers)
            alike[key][row.module_address or ""].append(row)
        else:
            yield row
    for places in alike.values():
        yield from max(places.values(), key=len)


def _group(name: str) -> str:
    return name.partition(":")[0]


def _row(name: str, quiet: Sequence[AccountRow], all_places: int) -> PlacesRow:
    first = quiet[0]
    counts = [one.count for one in quiet if one.count is not None]
    return PlacesRow(
        name=name,
        provider=first.provider,
        title=first.title,
        mode=first.mode,
        catch_all=first.catch_all,
        listed=sum(one.listed for one in quiet),
        count=sum(counts) if len(counts) == len(quiet) else None,
        error=None,
        status=Standing.IN_STEP,
        verdict=first.verdict,
        on_unmanaged=first.on_unmanaged,
        max_losses=sum(one.max_losses for one in quiet),
        allowed_losses=first.allowed_losses,
        remedy=None,
        places=len(quiet),
        all_places=all_places,
    )

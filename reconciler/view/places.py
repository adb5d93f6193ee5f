"""Places of an account in which nothing changes, told together: nobody reads 200 lines that say the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from reconciler.model.plan import FEWEST_TOGETHER
from reconciler.view.documents import PlanView
from reconciler.view.rows import AccountRow, PlacesRow, Row, Standing


def places_together(view: PlanView) -> PlanView:
    """A plan for people to read: it has one account in place of many places in which nothing changes.

    So it has of many places that can't be read for one and the same reason.
    """
    told = _told_together(view.accounts)
    together = {one.name: name for (name, why), its in told.items() if not why for one in its}
    if not told:
        return view
    numbers: Counter[str] = Counter()
    for account in view.accounts:
        numbers[_group(account.name)] += _places(account)

    def renamed(rows: Iterable[Row]) -> tuple[Row, ...]:
        return tuple(replace(row, account=together[row.account]) if row.account in together else row for row in rows)

    rows: dict[tuple[str, str], AccountRow] = {}
    for account in view.accounts:
        name = _group(account.name)
        key = (name, "" if account.error is None else account.error.summary)
        is_told = key in told and any(account is one for one in told[key][:1])
        if is_told:
            rows[key] = _row(name, told[key], numbers[name])
        elif key not in told or account.status not in (Standing.IN_STEP, Standing.NOT_CHECKED):
            rows[account.name, ""] = account
    return replace(
        view,
        accounts=tuple(rows.values()),
        resource_changes=renamed(view.resource_changes),
        unmanaged=renamed(view.unmanaged),
        known=renamed(view.known),
    )


def _told_together(accounts: Iterable[AccountRow]) -> Mapping[tuple[str, str], Sequence[AccountRow]]:
    """Places that are told as one, by their account, and why they could not be checked, if so."""
    alike: dict[tuple[str, str], list[AccountRow]] = defaultdict(list)
    for account in accounts:
        if ":" in account.name or isinstance(account, PlacesRow):
            if account.status is Standing.IN_STEP:
                alike[_group(account.name), ""].append(account)
            elif account.error is not None:
                alike[_group(account.name), account.error.summary].append(account)
    return {key: its for key, its in alike.items() if sum(map(_places, its)) >= FEWEST_TOGETHER}


def _places(account: AccountRow) -> int:
    return account.places if isinstance(account, PlacesRow) else 1


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
        error=first.error,
        status=first.status,
        verdict=first.verdict,
        on_unmanaged=first.on_unmanaged,
        max_losses=sum(one.max_losses for one in quiet),
        allowed_losses=first.allowed_losses,
        remedy=None,
        places=sum(map(_places, quiet)),
        all_places=all_places,
    )

"""Which accounts a configuration has once its patterns' places are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.accounts import Accounts, Places
from reconciler.model.configuration import Account, Configuration
from reconciler.model.pattern import matches_name
from reconciler.planning.places import with_places
from reconciler.providers.registry import INSTALLED
from tests.support.builders import account

_GITHUB = INSTALLED["github"]  # where names that differ only in case are one repository
_NAMES = ("acme/Shop", "acme/shop", "acme/api", "acme/Web", "other/x")
_PATTERNS = ("acme/*", "acme/s*", "other/*", "none/*")


def _account(group: str, place: str) -> Account:
    path = _GITHUB.places[0].path_of(place)
    return replace(account(group), provider=_GITHUB, name=f"{group}:{place}", place=path)


def _expected(accounts: Sequence[Account], listed: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """The names of the accounts, and of the patterns that they were found by, the slow way."""
    own = {one.name.casefold(): one for one in accounts if not one.is_pattern}
    found: dict[str, tuple[str, str]] = {}
    for one in accounts:
        names = sorted(listed.get(one.name, ()), key=lambda name: (name.casefold(), name))
        fitting = [name for name in names if matches_name(one.place_name.casefold(), name.casefold())]
        for name in fitting:
            known = own.get(f"{one.group}:{name}".casefold())
            given_name = (f"{one.group}:{name}", one.name) if known is None else (known.name, "")
            found.setdefault(given_name[0].casefold(), given_name)
        if not fitting:
            found.setdefault(one.name.casefold(), (one.name, ""))
    return [*found.values()]


@given(
    st.lists(st.tuples(st.sampled_from(["hub", "git"]), st.sampled_from([*_NAMES, *_PATTERNS])), max_size=6),
    st.lists(st.sampled_from(_NAMES), max_size=5),
)
def test_places_stand_where_their_pattern_stood_each_once(said: list[tuple[str, str]], there: list[str]) -> None:
    accounts = {f"{group}:{place}".casefold(): _account(group, place) for group, place in said}
    listed = {one.name: there for one in accounts.values() if one.is_pattern}
    configuration = Configuration(accounts=Accounts(accounts.values()))
    made = with_places(configuration, listed).configuration.accounts
    assert [(one.name, one.listed_by) for one in made] == _expected([*accounts.values()], listed)
    patterns = sum(one.is_pattern for one in accounts.values())
    # They are looked through one after the other, however many places are named, too.
    assert sum(isinstance(part, Places) for part in made.parts) <= patterns
    assert [made.number_of(one.name) for one in made] == [*range(len(made))]
    assert all(one.place == _GITHUB.places[0].path_of(one.place_name) for one in made)

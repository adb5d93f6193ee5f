"""Accounts that stand for patterns of places, by what was listed: an account for each place that fits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.accounts import Accounts, Places, by_name
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import Diagnostic, first_names
from reconciler.model.pattern import matches_name
from reconciler.model.place import owner_of
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Desired, Key

_Normal = Callable[[str], str]
_Meant = tuple[int, tuple[str, ...], Desired]
"""The number of an entry in the files, the patterns that a place must fit, and what is wanted there."""
_LONGEST_ODD = 60  # characters that are shown of what should be an id
_MOST_NAMES = 10  # of what there is, in an error


class ListedPlaces(Struct, frozen=True, kw_only=True):
    """A configuration with an account for each place, and the accounts of it that can't be read."""

    configuration: Configuration
    errors: Mapping[str, ProviderError] = field(default_factory=dict)  # by account
    problems: tuple[Diagnostic, ...] = ()  # of the files: nothing may be done


def with_places(configuration: Configuration, listed: Mapping[str, Sequence[str] | ProviderError]) -> ListedPlaces:
    """Put the places that fit in place of their patterns; `Wanted` says which webhooks entries want there.

    `listed` has the names of places by the account that is a pattern. Patterns that are not in it, that could not be
    listed, or that nothing fits, stay as they are; so does a group of which an entry names a place that isn't there.
    """
    errors: dict[str, ProviderError] = {}
    normals = _normals(configuration.accounts)
    found: dict[str, Sequence[str]] = {}  # by pattern
    for account in configuration.accounts:
        names = listed.get(account.name)
        odd: Mapping[str, ProviderError] = {}
        if names and not isinstance(names, ProviderError) and account.is_of_fleet and not account.places:
            names, odd = _sorted_out(account, names)
        if isinstance(names, ProviderError):
            errors[account.name] = names
        elif names is not None and (fitting := _fitting(account.place_name, names, normals[account.group])):
            errors |= {f"{account.group}:{one}": error for one, error in odd.items()}
            found[account.name] = fitting
        elif names is not None:
            errors[account.name] = _nothing_fits(account, names)
    made = replace(configuration, accounts=_placed(configuration.accounts, found, normals))
    is_whole = {one.group for one in configuration.accounts}
    is_whole -= {one.group for one in configuration.accounts if one.is_pattern and one.name not in found}
    errors |= _same_places(made.accounts)
    unknown = _unknown_places(configuration.desired, made.accounts, is_whole)
    if not unknown:
        return ListedPlaces(configuration=made, errors=errors)
    # Where the name is a slip, what the entry has at the right place would be deleted: all of the group stays as it is.
    stopped = {one.name: unknown[one.group] for one in configuration.accounts if one.group in unknown}
    others = with_places(configuration, {name: stopped.get(name, names) for name, names in listed.items()})
    return replace(others, errors={**others.errors, **stopped})


def _placed(accounts: Accounts, found: Mapping[str, Sequence[str]], normals: Mapping[str, _Normal]) -> Accounts:
    """The accounts with places in place of their patterns, each once. A place that the file names is that account."""
    own = {(one.group, normals[one.group](one.place_name)): one for one in accounts if not one.is_pattern}
    parts: list[Account | Places] = []
    seen: dict[str, set[str]] = defaultdict(set)  # by group, the names of places as they are compared
    placed: set[str] = set()  # the file's own accounts
    for account in accounts:
        if account.name not in found:
            parts += [] if account.name in placed else [account]
            placed.add(account.name)
            continue
        group, normal, names = account.group, normals[account.group], list[str]()
        here: dict[str, Account] = {}
        for name in found[account.name]:
            known = normal(name)
            one = own.get((group, known))
            if known in seen[group] or (one is not None and one.name in placed):
                continue
            seen[group].add(known)
            names.append(name)
            if one is not None:
                here[name] = one
                placed.add(one.name)
        parts += [Places(account, tuple(names), here)] if names else []
    return Accounts(parts)


def _sorted_out(fleet: Account, names: Sequence[str]) -> tuple[Sequence[str], Mapping[str, ProviderError]]:
    """The names that a provider lists of a fleet, and the errors of those that are none.

    What isn't a name is an account that can't be read, under a name that no other has and that may be shown.
    """
    kind, provider = fleet.place_kind, fleet.provider
    assert kind is not None and kind.listed is not None  # else nothing is listed  # noqa: S101, PT018
    sound, key, token = [], kind.listed.name, fleet.token.reveal()
    odd: dict[str, ProviderError] = {}
    for name in names:
        is_secret = bool(provider.prefix_of(name)) or (bool(token) and token in name)
        if kind.accepts(name) and not is_secret:
            sound.append(name)
            continue
        shown = "" if is_secret else name[:_LONGEST_ODD]
        written = json.dumps(shown) if shown else ""
        message = f"{provider.title} lists an account whose `{key}`, {written}, is no id"
        if is_secret:
            message = f"{provider.title} lists an account whose `{key}` has a token in it"
        elif not name:
            message = f"{provider.title} lists an account without `{key}`"
        help_ = "Report this to the provider; until then, name the accounts in the file."
        odd[f"?{quote(shown, safe='', errors='replace')}"] = ProviderError(ErrorKind.INVALID, message, help_)
    return [*sound, *odd], odd


def _normals(accounts: Accounts) -> Mapping[str, _Normal]:
    """How the places of each group are compared."""
    found: dict[str, _Normal] = {}
    for account in accounts.said:
        found.setdefault(account.group, account.normal_place)
    return found


def _fitting(pattern: str, names: Iterable[str], normal: _Normal) -> list[str]:
    whole = normal(pattern)
    fitting = (name for name in names if matches_name(whole, normal(name)))
    return sorted(fitting, key=by_name)


def _nothing_fits(account: Account, names: Sequence[str]) -> ProviderError:
    owner, setting, title = owner_of(account.place_name), account.place_setting, account.provider.title
    if account.is_of_fleet:
        message = f"{title} lists no `{setting}` that the token may act for"
        return ProviderError(ErrorKind.INVALID, message, "Check the token, or name them in the file.")
    there = f"There are: {_some(names)}." if names else f"The token sees no `{setting}` of `{owner}` at all."
    return ProviderError(
        kind=ErrorKind.INVALID,
        message=f"`{account.place_name}` under `{setting}` matches nothing that {title} lists",
        help=there + _left_out(account),
    )


def _left_out(account: Account) -> str:
    listed = None if account.place_kind is None else account.place_kind.listed
    is_told = listed is not None and listed.read_only
    return " Those that can't be changed, such as archived ones, don't count." if is_told else ""


def _some(names: Sequence[str]) -> str:
    return first_names(sorted(names, key=str.casefold), len(names), _MOST_NAMES)


def _unknown_places(
    desired: Iterable[Desired], accounts: Accounts, groups: Collection[str]
) -> dict[str, ProviderError]:
    """The error of each group whose places are all known, and of which an entry names one that isn't there."""
    errors: dict[str, ProviderError] = {}
    meant = [(one.address.account.partition(":")[0], place, one) for one in desired for place in one.places]
    normals = _normals(accounts)
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for account in accounts if meant else ():
        names[account.group][normals[account.group](account.place_name)] = account.place_name
    for group, place, wanted in meant:
        if group not in groups or group in errors:
            continue
        there, normal = names[group], normals[group]
        if normal(place) not in there and not _fitting(place, there, normal):
            message = (
                f"`{group}:{place}`, for which `{wanted.address.entry}` is, is not an account of this configuration"
            )
            help_ = f"The places of `{group}` are: {_some([*there.values()])}. Archived ones may be left out."
            errors[group] = ProviderError(ErrorKind.INVALID, f"{message}, and matches none", help_)
    return errors


def _same_places(accounts: Accounts) -> dict[str, ProviderError]:
    """The error of each place that another account of the file means, too, as of accounts that name it both."""
    seen: dict[tuple[object, ...], Account] = {}
    errors: dict[str, ProviderError] = {}
    # Places of one account have each a name of their own.
    groups: dict[tuple[str, SecretText], set[str]] = defaultdict(set)
    for account in accounts.said:
        groups[account.base_url, account.token].add(account.group)
    shared = {where for where, names in groups.items() if len(names) > 1}
    for account in accounts if shared else ():
        if (account.base_url, account.token) not in shared:
            continue
        headers = tuple((setting.name, value) for setting, value in account.header_settings)
        other = seen.setdefault(
            (account.base_url, account.token, account.normal_place(account.place), headers), account
        )
        if other is not account and (other.listed_by or account.listed_by):
            message = f"`{other.name}` is the same place"
            errors[account.name] = ProviderError(
                ErrorKind.INVALID, message, "Let only one account of the file mean it."
            )
    return errors


class Wanted:
    """What entries want in each account, in the files' order: of a pattern, in each of its places that is meant.

    Worked out when an account is looked at: entries for thousands of places are not made for all of them at once.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._by_account: dict[str, list[Desired]] = defaultdict(list)
        self._by_place: dict[tuple[str, str], list[_Meant]] = defaultdict(list)
        self._by_pattern: dict[str, list[_Meant]] = defaultdict(list)
        left = {account.name for account in configuration.accounts.parts if isinstance(account, Account)}
        self._normals = _normals(configuration.accounts)
        for number, wanted in enumerate(configuration.desired):
            name = wanted.address.account
            if "*" not in name or name in left:  # only a place's name may have one
                self._by_account[name].append(wanted)
                continue
            group, _, pattern = name.partition(":")
            normal = self._normals.get(group, str)
            for place in map(normal, dict.fromkeys(wanted.places or ("*",))):
                found = self._by_pattern[group] if "*" in place else self._by_place[group, place]
                patterns = tuple(one for one in (normal(pattern), place) if one != "*")
                found.append((number, patterns, replace(wanted, places=())))

    def of(self, account: Account) -> Sequence[Desired]:
        own, group = self._by_account.get(account.name, []), account.group
        if not account.place_name or account.is_pattern or not (group in self._by_pattern or self._by_place):
            return own
        name = self._normals[group](account.place_name)
        found = {wanted.address: wanted for wanted in own}
        meant = (*self._by_pattern.get(group, ()), *self._by_place.get((group, name), ()))
        for _, patterns, wanted in sorted(meant, key=lambda one: one[0]):
            if not patterns or all(matches_name(one, name) for one in patterns):
                address = replace(wanted.address, account=account.name)
                found.setdefault(address, replace(wanted, address=address))
        return [*found.values()]


def expanded(configuration: Configuration) -> Configuration:
    """The configuration with what is wanted in each place that was listed, for what is said of single webhooks."""
    if not configuration.accounts.has_listed:
        return configuration
    wanted = Wanted(configuration)
    desired = (one for account in configuration.accounts for one in wanted.of(account))
    return replace(configuration, desired=tuple(desired))


def same_webhooks(desired: Iterable[Desired]) -> ProviderError | None:
    """The error of a place in which two entries are one and the same webhook."""
    seen: dict[Key, str] = {}
    for wanted in desired:
        other = seen.setdefault(wanted.key, wanted.address.name)
        if other != wanted.address.name:
            message = f"the entries `{other}` and `{wanted.address.name}` are the same webhook here"
            return ProviderError(ErrorKind.INVALID, message, "Let only one of them be for this account.")
    return None

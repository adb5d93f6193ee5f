"""What `--target`, `--exclude` and `--account` let through."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration
from reconciler.model.pattern import matches_name, may_meet
from reconciler.model.plan import Action, Change, Filters
from reconciler.model.resource_address import WITHOUT_ENTRY, identifier, resource_address
from reconciler.model.webhook import SHORTEST_ID, Address
from reconciler.planning.places import expanded

_OF_TERRAFORM = re.compile(r"module\.|[A-Za-z0-9_*-]+_webhook\.")
_PARTS = re.compile(
    r'(?:module\.(?P<account>[^.\[]+)(?:\["(?P<place>[^"]*)"\])?(?:\.|$))?'
    r'(?:(?P<type>[^.\[]+)(?:\.(?P<name>[^.\[]+)(?:\["(?P<index>.*)"\])?)?)?',
    re.DOTALL,
)


def filtered(every: Sequence[Change], filters: Filters) -> tuple[list[Change], tuple[Change, ...]]:
    """The rows that the filters mean, and the others. A move of which one half is left is no move any more.

    With an excluded webhook stays what it replaces, and what is deleted as its duplicate. So does what gives way to a
    webhook whose own create or update is left out: it may be the only one that delivers. Both halves of a replacement
    are meant by its entry, and excluded by either.
    """
    if not filters.targets and not filters.excludes:
        return [*every], ()
    meant = [row for row in every if is_meant(filters, _meant_by(row)) and not _is_kept(filters, row)]
    made = {row.address for row in every if row.action in (Action.CREATE, Action.UPDATE)}
    unmade = made - {row.address for row in meant}
    rows = [row for row in meant if (row.duplicate_of or row.replacement) not in unmade]
    addresses = {row.address for row in rows}
    left_out = tuple(row for row in every if row.address not in addresses)
    gone = {row.address for row in left_out if row.action is not Action.NONE}
    return [replace(row, move=None) if row.move in gone else row for row in rows], left_out


def _meant_by(row: Change) -> Address:
    return row.replacement if row.action is Action.DELETE and row.replacement is not None else row.address


def is_meant(filters: Filters, address: Address) -> bool:
    """Whether the targets, if any, mean an address, and nothing excludes it."""
    is_target = not filters.targets or any(matches_address(target, address) for target in filters.targets)
    return is_target and not _is_excluded(filters, address)


def _is_excluded(filters: Filters, address: Address) -> bool:
    return any(matches_address(excluded, address) for excluded in filters.excludes)


def _is_kept(filters: Filters, row: Change) -> bool:
    """Whether a webhook is excluded itself, or not deleted, or replaced, since the other one is."""
    other = row.partner if row.action is Action.DELETE else row.replacement
    return any(_is_excluded(filters, one) for one in (row.address, other) if one is not None)


def matches_address(target: str, address: Address) -> bool:
    """Whether a target means an address: `orders` means all its keys and events in all accounts."""
    accounts = {address.account, address.account.partition(":")[0]}  # of one place, and of all of them
    short = (address.entry, address.name, address.text(long=False))
    long = [f"{account}/{name}" for account in accounts for name in short]
    if "*" in address.account:  # of places that aren't listed yet
        return any(may_meet(target, name) for name in (*short, *long))
    return any(matches_name(target, name) for name in (*short, *long))


def with_own_addresses(filters: Filters, configuration: Configuration) -> Filters:
    """The filters, with addresses as this tool writes them."""
    if any(map(_OF_TERRAFORM.match, (*filters.targets, *filters.excludes))):
        configuration = expanded(configuration)
    targets, excludes = (
        tuple(own for one in asked for own in own_targets(configuration, one))
        for asked in (filters.targets, filters.excludes)
    )
    return replace(filters, targets=targets, excludes=excludes)


def own_targets(configuration: Configuration, target: str) -> Sequence[str]:
    """A target that is written as Terraform writes addresses as this tool does; any other as it is.

    `module.live` means the account, `shippo_webhook.orders` the entry. A `*` stands for a piece of an account, a type,
    a name or a key: where accounts have different types, it may take a target for each.
    """
    if not _OF_TERRAFORM.match(target):
        return [target]
    found = [] if "*" in target else _webhooks(configuration, target)
    if "*" in target or any(account.is_pattern for account in configuration.accounts):
        found = found or _patterns(configuration, target)
    return found or [target]


def _patterns(configuration: Configuration, target: str) -> list[str]:
    """What a target in Terraform's form means that has a `*`, as far as there is such an account or entry."""
    parts = _PARTS.fullmatch(target)
    if parts is None or (parts["name"] is None and parts["type"] not in (None, "*")):
        return []
    owner, place, entry, index = parts.group("account", "place", "name", "index")
    named = [one for one in configuration.accounts if owner is None or _is_module(one, owner, place)]
    typed = [one.name for one in named if matches_name(parts["type"] or "*", one.provider.resource_type)]
    prefixes = [f"{name}/" for name in typed]
    if len(typed) == len(named) and not (owner or "").startswith("_"):
        prefixes = [] if not typed else [""] if owner is None else [f"{owner}:{place}/" if place else f"{owner}/"]
    if entry == WITHOUT_ENTRY:
        return [f"{prefix}@{'*' if index is None else index}" for prefix in prefixes]
    if entry in (None, "*") and index is None:
        return [f"{prefix}*" for prefix in prefixes]
    names = [entry or "*"]
    if names[0].startswith("_"):  # maybe before what Terraform doesn't allow
        written = dict.fromkeys(wanted.address.entry for wanted in configuration.desired)
        names = [name for name in written if matches_name(names[0], identifier(name))]
    # A key of a `for_each` and an event are one key in Terraform's form.
    keys = [""] if index is None else dict.fromkeys((f"[{index}]", f"[{index.replace('/', '][', 1)}]"))
    own = [f"{prefix}{name}{key}" for prefix in prefixes for name in names for key in keys]
    return [one for one in own if any(matches_address(one, wanted.address) for wanted in configuration.desired)]


def _is_module(account: Account, name: str, place: str | None) -> bool:
    fits = may_meet if account.is_pattern else matches_name
    return matches_name(name, identifier(account.group)) and (place is None or fits(place, account.place_name))


def _webhooks(configuration: Configuration, target: str) -> list[str]:
    """What a target in Terraform's form means that has no `*`."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    types = {account.name: account.provider.resource_type for account in configuration.accounts}
    is_one_type = len(set(types.values())) == 1
    for account, kind in types.items():
        for long in (True, False):
            others = resource_address(Address.of_remote(account, ""), kind, long=long)
            if target.startswith(f'{others.resource}["') and target.endswith('"]'):
                object_id = target[len(others.resource) + 2 : -2]
                return [f"{account}/@{object_id}" if long else f"@{object_id}"]
            if others.module is not None:
                found[others.module][f"{account}/*"] = None
                found[others.module.partition("[")[0]][f"{account.partition(':')[0]}/*"] = None
    for address in (wanted.address for wanted in configuration.desired):
        for long in (True, False):
            resource = resource_address(address, types[address.account], long=long)
            has_account = long or not is_one_type  # else an entry of another type would be meant, too
            found[str(resource)][address.text(long=has_account)] = None
            found[resource.resource][(f"{address.account}/" if has_account else "") + address.entry] = None
    return [*found.get(target, ())]


def with_whole_ids(filters: Filters, remotes: Collection[Address]) -> Filters:
    """The filters; for the beginning of a single webhook's id, the whole id, which means the same webhook tomorrow."""
    targets, excludes = (
        tuple(_with_whole_id(one, remotes) for one in asked) for asked in (filters.targets, filters.excludes)
    )
    return replace(filters, targets=targets, excludes=excludes)


def _with_whole_id(target: str, remotes: Collection[Address]) -> str:
    found = ids_beginning(target, remotes)
    return f"{target.partition('@')[0]}{found[0].name}" if len(found) == 1 else target


def ids_beginning(target: str, remotes: Iterable[Address]) -> list[Address]:
    """The webhooks whose ids begin as a target says that is long enough for that: `@b691ce2`, `live/@b691ce2`."""
    if "*" in target or len(target.partition("@")[2]) < SHORTEST_ID:
        return []
    return sorted(address for address in remotes if matches_address(f"{target}*", address))


def selected_accounts(configuration: Configuration, patterns: Sequence[str]) -> Accounts:
    """The accounts that `--account` lets through, by their own names or by those of all their places; all without."""
    if not patterns:
        return configuration.accounts
    return configuration.accounts.where(
        lambda account: any(matches_name(pattern, account.group) or _is_named(pattern, account) for pattern in patterns)
    )


def _is_named(pattern: str, account: Account) -> bool:
    """Whether a pattern of `--account` means an account, or may mean a place of one whose places aren't listed yet."""
    return may_meet(pattern, account.name) if account.is_pattern else matches_name(pattern, account.name)


def unmatched_filters(addresses: Collection[Address], filters: Filters) -> Filters:
    """The targets, and what is excluded, that mean none of these addresses."""

    def unmatched(asked: Iterable[str]) -> tuple[str, ...]:
        return tuple(one for one in asked if not any(matches_address(one, address) for address in addresses))

    return Filters(targets=unmatched(filters.targets), excludes=unmatched(filters.excludes))

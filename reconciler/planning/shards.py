"""Splits accounts for runs on several machines: evenly, and so that a new account moves few others.

All accounts are put in the order of a hash of their names and cut into pieces of the same size, up to one. A new
account moves each cut by one place at most: at most one account a cut goes to another shard. (Rendezvous hashing moves
fewer, only those that must, but its shards differ in size: by a tenth and more where each has some hundred accounts.)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict, replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Shard
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Headers
from reconciler.planning.targets import selected_accounts

if TYPE_CHECKING:  # which imports this
    from reconciler.planning.planner import PlanOptions


def in_shard(accounts: Accounts, shard: str | None) -> Accounts:
    """Those of the accounts that are of a shard, in their order; what could not be listed is of every shard."""
    if shard is None:
        return accounts
    number, count = numbers_of(shard)
    named = sorted((account.name for account in accounts if not account.is_pattern), key=_rank)
    mine = {name for rank, name in enumerate(named) if rank * count // len(named) == number - 1}
    return accounts.where(lambda account: account.is_pattern or account.name in mine)


def numbers_of(shard: str) -> tuple[int, int]:
    """Which shard of how many a text such as `2/8` means."""
    number, _, count = shard.partition("/")
    return int(number), int(count)


def shard_of(configuration: Configuration, options: PlanOptions) -> Shard | None:
    """Which part of the accounts that the filters leave it is, and what tells that of another run from it."""
    filters = options.filters
    if filters.shard is None:
        return None
    number, count = numbers_of(filters.shard)
    names = sorted(account.name for account in selected_accounts(configuration, filters.accounts))
    asked = replace(options, filters=replace(filters, shard=None))
    wanted = [_what_is_wanted(one) for one in configuration.desired]
    # Those of one group say the same.
    one_of = {account.group: account for account in configuration.accounts.said}
    claims = {group: _claims(account) for group, account in one_of.items()}
    files = (configuration.files, configuration.unset, configuration.secret_params, configuration.public_params)
    text = json.dumps([names, asked, files, claims, wanted], default=_masked, sort_keys=True)
    return Shard(number=number, count=count, accounts=len(names), digest=sha256(text.encode()).hexdigest())


def _what_is_wanted(desired: Desired) -> Sequence[object]:
    since = desired.secret_since
    more = (desired.ignored, desired.places, desired.secret_to, None if since is None else since.isoformat())
    return (str(desired.address), desired.key.event, desired.fields, *more)


def _claims(account: Account) -> Sequence[object]:
    """What of an account decides what is planned there; how it is asked, such as its rate limits, doesn't."""
    kinds = [(kind, patterns.patterns) for kind, patterns in account.owns_kinds.items()]
    patterns = (account.owns.patterns, kinds, account.protect.patterns)
    named = [(one.pattern, one.object_id, one.events) for one in (*account.absent, *account.known)]
    where = (account.provider.name, account.base_url, account.kind, account.settings)
    return (*where, patterns, len(account.absent), named, account.on_unmanaged.value, account.max_losses)


def _masked(value: object) -> object:
    """What JSON has no form for, without secrets: of a variable of the environment its name."""
    if isinstance(value, Struct):
        return asdict(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Headers):
        return value.items
    return str(value.source if isinstance(value, Url) else value)


def _rank(name: str) -> tuple[bytes, str]:
    return sha256(name.encode("utf-8", "surrogatepass")).digest(), name

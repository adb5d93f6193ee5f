"""Splits accounts for runs on several machines: evenly, and so that a new account moves few others.

All accounts are put in the order of a hash of their names and cut into pieces of the same size, up to one. A new
account moves each cut by one place at most: at most one account a cut goes to another shard. (Rendezvous hashing moves
fewer, only those that must, but its shards differ in size: by a tenth and more where each has some hundred accounts.)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Filters, Shard
from reconciler.model.url import Url
from reconciler.planning.targets import selected_accounts


def in_shard(accounts: Sequence[Account], shard: str | None) -> tuple[Account, ...]:
    """Those of the accounts that are of a shard, in their order; what could not be listed is of every shard."""
    if shard is None:
        return tuple(accounts)
    number, count = numbers_of(shard)
    named = sorted((account.name for account in accounts if not account.is_pattern), key=_rank)
    mine = {name for rank, name in enumerate(named) if rank * count // len(named) == number - 1}
    return tuple(account for account in accounts if account.is_pattern or account.name in mine)


def numbers_of(shard: str) -> tuple[int, int]:
    """Which shard of how many a text such as `2/8` means."""
    number, _, count = shard.partition("/")
    return int(number), int(count)


def shard_of(configuration: Configuration, filters: Filters) -> Shard | None:
    """Which part of the accounts the filters leave, and what tells whether another run is about another part."""
    if filters.shard is None:
        return None
    number, count = numbers_of(filters.shard)
    names = sorted(account.name for account in selected_accounts(configuration, filters.accounts))
    wanted = sorted(
        [
            str(one.address),
            str(url.source) if isinstance(url := one.fields["url"], Url) else "",
            sorted(one.places),
            str(one.key.event),
        ]
        for one in configuration.desired
    )
    text = json.dumps([names, wanted, filters.accounts, filters.targets, filters.excludes])
    return Shard(number=number, count=count, accounts=len(names), digest=sha256(text.encode()).hexdigest())


def _rank(name: str) -> tuple[bytes, str]:
    return sha256(name.encode("utf-8", "surrogatepass")).digest(), name

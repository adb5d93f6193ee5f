"""Lists the places that accounts name by patterns: a new repository has its webhooks at the next run."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.config.limits import MOST_AT_PLACES, MOST_PLACES
from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.place import owner_of
from reconciler.model.reading import ProviderError
from reconciler.operations.reading import AT_ONCE
from reconciler.operations.workers import Workers
from reconciler.planning.places import ListedPlaces, with_places
from reconciler.planning.targets import selected_accounts
from reconciler.providers.registry import open_reader


def list_places(configuration: Configuration, patterns: Sequence[str], context: ClientContext) -> ListedPlaces:
    """The configuration with an account for each place that fits a pattern, as far as `--account` may let it through.

    What can't be listed stops only its own account. Patterns of one owner's places share a list. What the files say
    themselves isn't asked for.
    """
    wanted = [account for account in selected_accounts(configuration, patterns) if account.is_pattern]
    if not wanted:
        return ListedPlaces(configuration=configuration)
    asked = [account for account in wanted if not account.places]
    first = {_list_of(account): account for account in reversed(asked)}

    def listed(account: Account) -> Sequence[str] | ProviderError:
        try:
            reader = open_reader(account, context)
            try:
                return reader.places()
            finally:
                reader.close()
        except ProviderError as error:
            return error

    with Workers(min(len(first), AT_ONCE), "places") as workers:
        found = dict(zip(first, workers.map(listed, first.values()), strict=True))
    names = {account.name: account.places or found[_list_of(account)] for account in wanted}
    made = with_places(configuration, names)
    problem = _too_much(made.configuration)
    return ListedPlaces(configuration=configuration, problems=(problem,)) if problem is not None else made


def _list_of(account: Account) -> tuple[str, str, str]:
    return account.group, account.place_setting, account.normal_place(owner_of(account.place_name))


def _too_much(configuration: Configuration) -> Diagnostic | None:
    """The limits of files, for what their patterns mean."""
    sizes = configuration.accounts.sizes
    # No more than that: an entry may be for some places alone.
    webhooks = sum(sizes[one.address.account.partition(":")[0]] for one in configuration.desired if not one.places)
    for number, most, what in (
        (len(configuration.accounts), MOST_PLACES, "accounts, counting each place as one"),
        (webhooks, MOST_AT_PLACES, "webhooks, counting each place's"),
    ):
        if number > most:
            message = f"with all places that the patterns match there are {number} {what}; {most} are allowed"
            help_ = "Use narrower patterns, or split them into several configurations."
            return Diagnostic(severity=Severity.ERROR, code="too-much", message=message, help=help_)
    return None

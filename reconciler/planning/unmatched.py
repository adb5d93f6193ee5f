"""What is said of filters that mean nothing; an error, since with a slip of the pen all would seem well."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.configuration import Configuration
from reconciler.model.diagnostic import Diagnostic, Severity, first_names
from reconciler.model.plan import Filters, Plan
from reconciler.model.webhook import Address
from reconciler.planning.places import expanded
from reconciler.planning.targets import ids_beginning, matches_address, selected_accounts

_MOST_NAMES = 20  # of accounts


def unmatched_accounts(configuration: Configuration, patterns: Sequence[str]) -> list[Diagnostic]:
    """An error for each `--account` that means no account."""
    unmatched = [pattern for pattern in patterns if not selected_accounts(configuration, (pattern,))]
    accounts = configuration.accounts
    names = first_names((account.name for account in accounts), len(accounts), _MOST_NAMES)
    return [_not_found("account", "--account", pattern, f"The accounts are: {names}.") for pattern in unmatched]


def unmatched_in_plan(plan: Plan) -> list[Diagnostic]:
    """An error for each `--target` and `--exclude` that means no webhook of a plan."""
    if plan.unmatched == Filters():
        return []
    remotes = [Address.of_remote(one.account.name, remote.id) for one in plan.planned for remote in one.listed()]
    return unmatched_webhooks(plan.configuration, plan.filters, plan.unmatched, remotes)


def unmatched_webhooks(
    configuration: Configuration, filters: Filters, unmatched: Filters, remotes: Sequence[Address] = ()
) -> list[Diagnostic]:
    """An error for each `--target` and `--exclude` that means no webhook, with what was probably meant."""
    return [
        _not_found("webhook", option, target, _near(configuration, filters, target, remotes))
        for option, targets in (("--target", unmatched.targets), ("--exclude", unmatched.excludes))
        for target in targets
    ]


def _not_found(what: str, option: str, value: str, help_: str) -> Diagnostic:
    message = f"`{option} {value}`: {what} not found"
    return Diagnostic(severity=Severity.ERROR, code="option", message=message, help=help_)


def _near(configuration: Configuration, filters: Filters, target: str, remotes: Sequence[Address]) -> str:
    if len(several := ids_beginning(target, remotes)) > 1:
        names = ", ".join(address.text(long=configuration.qualifies_addresses) for address in several)
        return f"Several ids begin with it: {names}."
    addresses = [wanted.address for wanted in expanded(configuration).desired]
    selected = {account.name for account in selected_accounts(configuration, filters.accounts)}
    left_out = {one.account for one in addresses if matches_address(target, one)} - selected
    if left_out:
        return f"It is in account {', '.join(sorted(left_out))}, which `--account` leaves out."
    import difflib  # only where nothing is meant  # noqa: PLC0415

    texts = ((one.name, one.text(long=False), one.text(long=True)) for one in addresses if one.account in selected)
    near = ", ".join(difflib.get_close_matches(target, sorted({text for one in texts for text in one})))
    return f"Similar addresses: {near}." if near else "`reconciler list` shows all addresses."

"""Why an account is not planned although it could be read: what would be harmed, or isn't known."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.field import ReadsBack
from reconciler.model.plan import NO_ACTION, AccountPlan, Action, Change, making_anew
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.secret import SecretText
from reconciler.model.update import lost_secrets
from reconciler.model.url import Url
from reconciler.model.webhook import Remote, hides_secret
from reconciler.planning.claim import Claims


def unclear_webhook(reading: Reading, claims: Claims) -> ProviderError | None:
    """Why an account can't be planned: one of its webhooks is ours by its URL, and can't be read, or may be so."""
    remotes = reading.remotes
    masked = [one for one in remotes if isinstance(url := one.fields["url"], SecretText) and _is_mask(url)]
    if masked:
        return ProviderError(
            kind=ErrorKind.GARBLED,
            message=f"the provider shows a mask instead of the URL of the webhook @{masked[0].id}, so that nothing "
            "tells which entry it is",
            help="Nothing is changed in this account: webhooks that are there already would be made again.",
        )
    unreadable = [remote for remote in remotes if remote.unreadable]
    unclear = next(filter(claims.may_be_ours, unreadable), None)
    if unclear is None:
        return None
    names = " and ".join(f"`{name}`" for name in unclear.unreadable)
    return ProviderError(
        kind=ErrorKind.GARBLED,
        message=f"the webhook @{unclear.id} is at a URL that this configuration owns, but its {names} can't be read",
        help="Nothing is changed in this account until you fix or delete that webhook at the provider.",
    )


def harm(planned: AccountPlan) -> ProviderError | None:
    """Why an account's plan would do harm: an owned webhook is nobody's, or a secret would be lost or a mask."""
    provider = planned.account.provider
    doing = [row for row in (*planned.rows, *planned.left_out) if row.action is not NO_ACTION or row.conflicts_with]
    showing = _shows_path(provider, doing)
    if not doing or showing is not None:
        return showing
    rows = {row.address: row for row in (*planned.rows, *planned.left_out)}
    meant = {row.address for row in planned.rows}
    for row in doing:
        url = row.wanted.get("url")
        if isinstance(url, Url) and url.masked_params and not _has_secrets_of(row.remote, url):
            params = ", ".join(f"`{name}`" for name in url.masked_params)
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the {row.action.value} of {row.address} would set {params} in its URL to a masked value, as "
                "services show it instead of a secret",
                help="Set the variable in the entry's URL to the secret itself.",
            )
        is_made = row.action is Action.CREATE and row.address in meant
        if is_made and provider.makes_secrets and not row.secret_to:
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"{provider.title} makes a secret for {row.address} and shows it only once, and the entry "
                "doesn't say where it goes",
                help="Add `secret_to: NAME` to the entry, and give `apply` the option `--secrets-to` or "
                "`--secrets-command`.",
            )
        if row.remote is None:
            continue
        if row.conflicts_with is not None:
            entry = rows[row.conflicts_with].desired
            assert entry is not None  # its address is an entry's  # noqa: S101
            named, found = provider.events_of(entry.fields), provider.events_of(row.remote.fields)
            others = ", ".join(sorted(provider.uncarried(found, named)))
            same_url = f"the webhook {row.address} has the same URL as {row.conflicts_with}"
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"{same_url}, but other events ({others})",
                help="Add these events to the entry, or delete that webhook at the provider.",
            )
        lost: Iterable[str] = ()
        if row.action is Action.UPDATE:
            lost = lost_secrets(provider, row.wanted, row.remote.fields)
        elif row.action is Action.DELETE and row.partner is not None:
            lost = _not_taken_over(provider, row, rows[row.partner])
        for name in lost:
            is_secret = next(spec.is_secret for spec in provider.fields if spec.name == name)
            how = f"`{name}: ${{NAME}}` to the entry; its value is sent with every create and update."
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the {row.action.value} of {row.address} would remove its `{name}`, which isn't in the file",
                help=f"Add {how}" if is_secret else f"Add `{name}` to the entry: nobody can read what it is now.",
            )
    return None


def _shows_path(provider: Provider, doing: Iterable[Change]) -> ProviderError | None:
    """Why a URL isn't written where people read it: what its path holds may be secret."""
    if not any(spec.told_at for spec in provider.fields):
        return None
    urls = ((row, row.wanted.get("url")) for row in doing)
    row = next((row for row, url in urls if isinstance(url, Url) and not url.has_clear_path), None)
    if row is None:
        return None
    return ProviderError(
        kind=ErrorKind.REFUSED,
        message=f"the {row.action.value} of {row.address} would write the variables in its URL's path in clear "
        f"where {provider.title} shows them to people",
        help="Write the path itself, and the secret as a query parameter such as `token`.",
    )


def unknown_secret(planned: AccountPlan) -> ProviderError | None:
    """Why a webhook isn't deleted for one that was there before: maybe nobody has the secret of that one.

    So it is where a run ended between the create and the sink. One that this plan creates has its secret passed on.
    """
    if not planned.account.provider.makes_secrets:
        return None
    rows = {row.address: row for row in (*planned.rows, *planned.left_out)}
    for row in planned.changes:
        stays = row.duplicate_of or row.replacement
        if row.action is Action.DELETE and stays is not None and rows[stays].action is not Action.CREATE:
            return ProviderError(
                kind=ErrorKind.REFUSED,
                message=f"the webhook {row.address} has the same URL as {stays}, and nobody can see which one's secret "
                "the receiver has",
                help=f"Delete the other one at the provider. Or {making_anew(str(stays))}, and deletes both.",
            )
    return None


def _not_taken_over(provider: Provider, gone: Change, there: Change) -> tuple[str, ...]:
    """What a webhook that goes has, or may have, that nobody can read and that what takes its place may not have."""
    assert gone.remote is not None  # only those of a provider go  # noqa: S101
    after = there.wanted or ({} if there.remote is None else there.remote.fields)
    said, unsaid = ({}, ()) if there.desired is None else (there.desired.fields, there.desired.ignored)
    return tuple(
        spec.name
        for spec in provider.fields
        if not after.get(spec.name)
        and not said.get(spec.name)
        and (
            hides_secret(gone.remote.fields[spec.name])
            or (gone.replacement and spec.reads_back is ReadsBack.NEVER and (spec.is_secret or spec.name in unsaid))
        )
    )


def _is_mask(url: SecretText) -> bool:
    return len(url) > 0 and not url.reveal().strip("*")


def _has_secrets_of(remote: Remote | None, url: Url) -> bool:
    there = None if remote is None else remote.fields["url"]
    return isinstance(there, Url) and there.secrets == url.secrets

"""What each of the three files holds: a whole account, what a file is missing, and the way back. Only values are made.

`head` is the comments that a file begins with. Secrets are variables here, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.export.describe import Description, describe, literal, owner
from reconciler.export.names import Names, is_service
from reconciler.export.sections import (
    DescribedAccount,
    each_once,
    file_document,
    known_item,
    template_text,
    webhooks_section,
)
from reconciler.model.configuration import Account, OnUnmanaged
from reconciler.model.pattern import MOST_WITH_A_STAR
from reconciler.model.plan import AccountPlan, Claim, Plan, Reason
from reconciler.model.secret import HIDDEN, Origin
from reconciler.model.url import Url
from reconciler.model.webhook import Remote
from reconciler.view.codec import Json
from reconciler.view.values import scope_text


class ExportedFile(Struct, frozen=True, kw_only=True):
    """A file to be written, and the variables of secrets, with their values, that are to be set beside it."""

    descriptions: Sequence[Description]
    document: Mapping[str, Json]  # tuples in it are written on one line
    is_whole: bool  # else it has keys that are in other files too
    comments: Sequence[str]
    notes: Mapping[str, str]  # beside the items of `known`, by id
    variables: Mapping[str, str]
    unknown: Sequence[str]  # variables whose values the provider doesn't return


def _exported(
    plan: Plan,
    described: Sequence[DescribedAccount],
    document: Mapping[str, Json],
    comments: Iterable[str],
    variables: Mapping[str, str | None],
    *,
    duplicates: str = "which the next plan deletes",
) -> ExportedFile:
    return ExportedFile(
        descriptions=[one.made for one in described],
        document=document,
        is_whole=True,
        comments=[*comments, *_duplicates(plan, described, duplicates)],
        notes=_notes(plan, described),
        variables={name: value for name, value in variables.items() if value is not None},
        unknown=sorted(name for name, value in variables.items() if value is None),
    )


def whole_file(
    plan: Plan, environment: Mapping[str, str], head: Iterable[str], *, owns_hosts: bool = False
) -> ExportedFile:
    """The file that describes all accounts as they are, so that the next plan does nothing but delete duplicates.

    It owns exact URLs; with `owns_hosts` each host as a whole, where that claims nobody else's.
    """
    names, described = _names(plan, environment), []
    for one in plan.planned:
        made = _description(plan, one, one.listed(*(claim for claim in Claim if claim is not Claim.KNOWN)), names)
        # What was there already is no alarm: what is added later is.
        account = replace(one.account, on_unmanaged=OnUnmanaged.FAIL)
        described.append(DescribedAccount(account, made, _owns(one, made, owns_hosts=owns_hosts)))
    return _exported(plan, described, file_document(plan.configuration, described), head, names.variables)


def missing_part(plan: Plan, environment: Mapping[str, str], head: Iterable[str]) -> ExportedFile:
    """What the next plan would not keep of the one account that was planned, as lines to add to the files.

    They stand where they count: what an account says itself, the top's says no more of it.
    """
    configuration, (one,) = plan.configuration, plan.planned
    names, account = _names(plan, environment, (wanted.address.entry for wanted in configuration.desired)), one.account
    rows = (row for row in one.rows if row.desired is None and row.reason is not Reason.DUPLICATE)
    remotes = [row.remote for row in rows if row.remote is not None and row.claim in (Claim.OWNED, Claim.NONE)]
    made = _description(plan, one, remotes, names)
    # Whether a pattern with variables owns an entry, a file may say only where both name the same ones.
    has_variables = any(pattern.source.variables() for pattern, _ in account.owned_patterns)
    new = [
        entry.owner
        for entry in made.entries
        if (entry.has_secret_path and has_variables) or not account.owns_at(entry.endpoint, entry.kind)
    ]
    several = len({of.group for of in configuration.accounts}) > 1
    described = [DescribedAccount(account, made, new)]
    top: dict[str, Json] = {}
    own: dict[str, Json] = {}  # of the account: the top's, which would no longer be for it, are repeated
    if new:
        is_own = several or "owns" in account.own_claims
        (own if is_own else top)["owns"] = each_once([*_owned(account), *new] if is_own else new)
    if made.left_out:
        is_own = several or "known" in account.own_claims
        items = (*(account.known if is_own else ()), *described[0].left_out)
        (own if is_own else top)["known"] = list(map(known_item, items))
    document = ({"accounts": {account.group: own}} if own else {}) | top
    if made.entries:
        document |= webhooks_section(described, configuration.allow_events, several=configuration.qualifies_addresses)
    said = {"accounts": bool(own), "known": account.known, "allow_events": configuration.allow_events}
    is_whole = bool(document) and not any(key in document and there for key, there in said.items())
    document = {"version": 1, **document} if is_whole else document
    return replace(_exported(plan, described, document, head, names.variables), is_whole=is_whole)


def backup_file(plan: Plan, environment: Mapping[str, str], way_back: str) -> ExportedFile:
    """What the files own or name absent as it is now, and their patterns. `way_back` is the command to it."""
    kept = {name: value for one in plan.planned for name, value in _pattern_variables(one.account).items()}
    names, described = _names(plan, environment), []
    for one in plan.planned:
        made = _description(plan, one, one.listed(Claim.OWNED, Claim.ABSENT), names)
        absent = {remote.key.endpoint for remote in one.listed(Claim.ABSENT) if remote.key is not None}
        owns = [*_owned(one.account), *(entry.owner for entry in made.entries if entry.endpoint in absent)]
        described.append(DescribedAccount(one.account, made, owns))
    comments = [f"The account before an apply. To restore it: {way_back}"]
    document, variables = file_document(plan.configuration, described), {**kept, **names.variables}
    file = _exported(plan, described, document, comments, variables, duplicates="which are not included")
    if not file.unknown:
        return file
    unknown = f"Set these variables too, since the provider doesn't return their values: {', '.join(file.unknown)}"
    return replace(file, comments=(*file.comments, unknown))


def _names(plan: Plan, environment: Mapping[str, str], entries: Iterable[str] = ()) -> Names:
    """Names that the files, and what is set, leave free; their variables keep their names."""
    urls = (wanted.fields["url"] for wanted in plan.configuration.desired)
    parts = (part for url in urls if isinstance(url, Url) for part in url.source.parts)
    known = {part.name: part.text for part in parts if part.origin is Origin.ENVIRONMENT}
    for one in plan.planned:
        known |= _pattern_variables(one.account)
    return Names(entries, environment, known)


def _description(plan: Plan, one: AccountPlan, remotes: Sequence[Remote], names: Names) -> Description:
    account, groups = one.account, {of.group for of in plan.configuration.accounts}
    label = account.place_name or (account.group if len(groups) > 1 else "")
    known = {remote.key for remote in one.listed(Claim.KNOWN)}
    return describe(account, remotes, names, plan.configuration.redaction, known=known, label=label)


def _owns(one: AccountPlan, made: Description, *, owns_hosts: bool) -> list[Json]:
    """What an account owns: exact URLs; or whole hosts, as many as a list takes, where that claims nobody else's.

    Somebody else's may be where a webhook isn't described, at a service for everybody, and where a path holds a
    secret: it is the path then that tells whose a webhook is.
    """
    others = [*(left.remote for left in made.left_out), *one.listed(Claim.KNOWN)]
    endpoints = (one.account.provider.endpoint_of(remote.fields) for remote in others)
    shared = {endpoint.host for endpoint in endpoints if endpoint is not None}
    shared |= {
        entry.endpoint.host for entry in made.entries if entry.has_secret_path or is_service(entry.endpoint.host)
    }
    ours = dict.fromkeys(entry.endpoint.host for entry in made.entries if entry.endpoint.host not in shared)
    wholes, items = {*list(ours)[:MOST_WITH_A_STAR]} if owns_hosts else set(), []
    for entry in made.entries:
        kind = None if entry.kind == one.account.scope else entry.kind
        is_whole = entry.endpoint.host in wholes
        items.append(owner(f"{literal(entry.endpoint.origin)}/*", kind) if is_whole else entry.owner)
    return items


def _owned(account: Account) -> list[Json]:
    """What the files own of an account, as they write it."""
    return [owner(template_text(pattern.source), kind) for pattern, kind in account.owned_patterns]


def _pattern_variables(account: Account) -> dict[str, str]:
    """The variables of the patterns that a backup keeps, and their values."""
    patterns = [pattern for pattern, _ in account.owned_patterns] + [*account.protect.patterns]
    patterns += [item.pattern for item in account.known if item.pattern is not None]
    parts = (part for pattern in patterns for part in pattern.source.parts)
    return {part.name: part.text for part in parts if part.origin is Origin.ENVIRONMENT}


def _notes(plan: Plan, described: Iterable[DescribedAccount]) -> dict[str, str]:
    """What each webhook is that isn't described, and why it isn't; by id."""
    return {
        left.remote.id: f"{_shown(plan, one.account, left.remote)}: {left.why}"
        for one in described
        for left in one.made.left_out
    }


def _duplicates(plan: Plan, described: Iterable[DescribedAccount], fate: str) -> Iterator[str]:
    """The duplicates, a line each, with a heading that says what becomes of them."""
    lines = [
        f"  @{remote.id}  {_shown(plan, one.account, remote)}: a duplicate of @{kept.id}"
        + (", with another secret in its URL" if has_other_secret else "")
        for one in described
        for remote, kept, has_other_secret in one.made.duplicates
    ]
    if lines:
        yield from ("", f"Duplicates, {fate} ({len(lines)}):", *lines)


def _shown(plan: Plan, account: Account, remote: Remote) -> str:
    """A webhook in a line, masked."""
    url, endpoint = remote.fields["url"], account.provider.endpoint_of(remote.fields)
    unread = "(no URL)" if url is None else HIDDEN if endpoint is None else str(endpoint)
    events = ", ".join(sorted(account.provider.events_of(remote.fields))) or "(no event)"
    scope = scope_text(account.provider.scope_of(remote.fields))
    shown = plan.configuration.redaction.show(url) if isinstance(url, Url) else unread
    return f"{events}{f' ({scope})' if scope else ''}  {shown}"

"""What each of the three files holds: a whole account, what a file is missing, and the way back. Only values are made.

`head` is the comments that a file begins with. Secrets are variables here, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.export.describe import Entry, LeftOut, Names, describe, literal, owner
from reconciler.model.configuration import (
    DEFAULT_ACCOUNT,
    DEFAULT_PROVIDER,
    DEFAULT_TIMEOUT,
    Account,
    Configuration,
    Named,
    OnUnmanaged,
)
from reconciler.model.plan import Claim, Plan
from reconciler.model.secret import HIDDEN, SHOWN_BY_NAME, Origin, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Url
from reconciler.view.codec import Json
from reconciler.view.values import scope_text


class ExportedFile:
    """A file to be written, and the variables of secrets, with their values, that are to be set beside it.

    Tuples of the document are written on one line. The values of the `unknown` variables the provider doesn't return.
    """

    def __init__(self, document: dict[str, Json], comments: list[str], variables: Mapping[str, str | None]) -> None:
        self.document = document
        self.comments = comments
        self.variables = {name: value for name, value in variables.items() if value is not None}
        self.unknown = sorted(variables.keys() - self.variables.keys())


@dataclass(frozen=True, slots=True)
class _Described:
    """An account as a file will say it: what it protects and knows, its limits and settings as they are."""

    account: Account
    entries: Sequence[Entry]
    left_out: Sequence[LeftOut]
    owns: Sequence[Json]


def whole_file(plan: Plan, environment: Mapping[str, str], head: Iterable[str]) -> ExportedFile:
    """The file that describes all accounts as they are, so that the next plan is empty."""
    configuration, names, described = plan.configuration, Names(environment=environment), []
    claims = [claim for claim in Claim if claim is not Claim.KNOWN]
    for one in plan.planned:
        remotes = one.listed(*claims)
        entries, left_out = describe(one.account, remotes, names, configuration.redaction, duplicates_stay=True)
        # What was there already is no alarm: what is added later is.
        known = (*one.account.known, *(Named(object_id=left.remote.id) for left in left_out))
        account = replace(one.account, on_unmanaged=OnUnmanaged.FAIL, known=known)
        described.append(_Described(account, entries, left_out, [entry.owner for entry in entries]))
    heading = ("", "Not described, and therefore not owned, but listed under `known` ({}):")
    comments = [*head, *_left_out(plan, described, *heading)]
    return ExportedFile(_file(configuration, described), comments, names.variables)


def missing_part(plan: Plan, environment: Mapping[str, str], head: Iterable[str]) -> ExportedFile:
    """What the files don't have of the one account that was planned, as lines to add to them."""
    configuration, (one,) = plan.configuration, plan.planned
    names = Names((wanted.address.name for wanted in configuration.desired), environment)
    account, remotes = one.account, one.listed(Claim.NONE)
    entries, left_out = describe(account, remotes, names, configuration.redaction, duplicates_stay=True)
    owns = [entry.owner for entry in entries if not account.owns_at(entry.endpoint, entry.kind)]
    described = [_Described(account, entries, left_out, owns)]
    comments = [*head, *_left_out(plan, described, "", "Not described, and therefore not owned ({}):")]
    several = configuration.qualifies_addresses
    owned: dict[str, Json] = {"owns": _owns(described)}
    place: dict[str, Json] = {"accounts": {account.name: owned}} if several else owned
    document = place | _webhooks(described, configuration.allow_events, several=several)
    return ExportedFile(document, comments, names.variables)


def backup_file(plan: Plan, environment: Mapping[str, str], way_back: str) -> ExportedFile:
    """What the files own or name absent as it is now, and their patterns. `way_back` is the command to it."""
    kept = {name: value for one in plan.planned for name, value in _pattern_variables(one.account).items()}
    configuration, names, described = plan.configuration, Names(environment={**environment, **kept}), []
    for one in plan.planned:
        account, remotes = one.account, one.listed(Claim.OWNED, Claim.ABSENT)
        entries, left_out = describe(account, remotes, names, configuration.redaction, duplicates_stay=False)
        owns = [owner(template_text(pattern.source), kind) for pattern, kind in account.owned_patterns]
        absent = {remote.key.endpoint for remote in one.listed(Claim.ABSENT) if remote.key is not None}
        owns += [entry.owner for entry in entries if entry.endpoint in absent]
        described.append(_Described(account, entries, left_out, owns))
    comments = [f"The account before an apply. To restore it: {way_back}"]
    comments += _left_out(plan, described, "Not included:", indent="")
    file = ExportedFile(_file(configuration, described), comments, {**kept, **names.variables})
    if file.unknown:
        unknown = ", ".join(file.unknown)
        comments.append(f"Set these variables too, since the provider doesn't return their values: {unknown}")
    return file


def _pattern_variables(account: Account) -> dict[str, str]:
    """The variables of the patterns that a backup keeps, and their values."""
    patterns = [pattern for pattern, _ in account.owned_patterns] + [*account.protect.patterns]
    patterns += [item.pattern for item in account.known if item.pattern is not None]
    parts = (part for pattern in patterns for part in pattern.source.parts)
    return {part.name: part.text for part in parts if part.origin is Origin.ENVIRONMENT}


def _left_out(plan: Plan, described: Iterable[_Described], *heading: str, indent: str = "  ") -> list[str]:
    """What can't be described, a line each, masked; with a heading, which has their number for `{}`."""
    lines: list[str] = []
    for one in described:
        provider = one.account.provider
        for remote, why in one.left_out:
            url = remote.fields["url"]
            unread = "(no URL)" if url is None else HIDDEN
            shown = plan.configuration.redaction.show(url) if isinstance(url, Url) else unread
            events = ", ".join(sorted(provider.events_of(remote.fields))) or "(no event)"
            scope = scope_text(provider.scope_of(remote.fields))
            lines.append(f"{indent}@{remote.id}  {events}{f' ({scope})' if scope else ''}  {shown}: {why}")
    return [*(line.format(len(lines)) for line in heading), *lines] if lines else []


def template_text(text: SecretText) -> str:
    """Text as a file writes it: variables by name."""
    if Origin.PROVIDER in text.origins():
        raise ValueError("what a provider wrote must become a literal or a variable first")
    return "".join(part.shown if part.origin in SHOWN_BY_NAME else literal(part.text) for part in text.parts)


def _given(keys: Mapping[str, Json]) -> dict[str, Json]:
    """The keys that there is something to say of."""
    return {key: value for key, value in keys.items() if value is not None}


def _file(configuration: Configuration, described: Sequence[_Described]) -> dict[str, Json]:
    """A whole file; the accounts stand in the configuration's order."""
    groups: dict[str, list[_Described]] = {}
    for one in described:
        groups.setdefault(one.account.group, []).append(one)
    several = len(groups) > 1
    accounts = {name: _settings(group) | (_claims(group) if several else {}) for name, group in groups.items()}
    # What a file without `accounts` means, of whatever kind the token is.
    auth, kind = described[0].account.provider.auth, described[0].account.kind
    usual = {"provider": DEFAULT_PROVIDER, "token": f"${{{auth.variable}}}"} | (
        {auth.kind_setting: kind} if kind else {}
    )
    head: dict[str, Json] = {
        "version": 1,
        "accounts": None if accounts == {DEFAULT_ACCOUNT: usual} else accounts,
        "secret_params": sorted(configuration.secret_params - BUILT_IN_SECRET_PARAMS) or None,
        "public_params": sorted(configuration.public_params) or None,
    }
    claims = {} if several else _claims(described)
    return _given(head) | claims | _webhooks(described, frozenset(), several=len(described) > 1)


def _webhooks(described: Sequence[_Described], allowed: frozenset[str], *, several: bool) -> dict[str, Json]:
    """The entries, and the events of theirs that this version doesn't know of their provider and nothing allows yet."""
    unknown: set[str] = set()
    webhooks: dict[str, Json] = {}
    for one in described:
        known = allowed.union(one.account.provider.events)
        account: dict[str, Json] = {"account": one.account.name} if several else {}
        for entry in one.entries:
            unknown |= {event for event in entry.events if event not in known}
            webhooks[entry.name] = {"url": entry.url, "events": entry.events, **account, **entry.said}
    return _given({"allow_events": tuple(sorted(unknown)) or None, "webhooks": webhooks})


def _settings(places: Sequence[_Described]) -> dict[str, Json]:
    """The settings of an account, given once for each of its places, that aren't the usual ones."""
    account, provider = places[0].account, places[0].account.provider
    names = [literal(one.account.place_name) for one in places]
    settings: dict[str, Json] = {
        "provider": provider.name,
        "token": template_text(account.token),
        provider.auth.kind_setting: account.kind or None,
        "base_url": None if account.base_url == provider.base_url else literal(account.base_url),
        "timeout": None if account.timeout == DEFAULT_TIMEOUT else account.timeout,
        **({account.place_setting: names} if account.place else {}),
    }
    for key, value in account.settings.items():
        settings[key] = template_text(value) if isinstance(value, SecretText) else value
    return _given(settings)


def _claims(places: Sequence[_Described]) -> dict[str, Json]:
    """What the file is responsible for in an account, over all its places."""
    account = places[0].account
    known = dict.fromkeys(item for one in places for item in one.account.known)
    claims: dict[str, Json] = {
        "owns": _owns(places),
        "protect": [template_text(pattern.source) for pattern in account.protect.patterns] or None,
        "known": [_named(item) for item in known] or None,
        "unmanaged": None if account.on_unmanaged is OnUnmanaged.REPORT else account.on_unmanaged.value,
        "limits": None if account.max_losses is None else {"max_losses": account.max_losses},
    }
    return _given(claims)


def _owns(places: Iterable[_Described]) -> Json:
    """The items of `owns`, each once."""
    return list({repr(item): item for one in places for item in one.owns}.values())


def _named(item: Named) -> Json:
    """An item of `known`."""
    if item.pattern is None:
        return {"id": literal(item.object_id)}
    url = template_text(item.pattern.source)
    return url if item.events is None else {"url": url, "events": tuple(map(literal, sorted(item.events)))}

"""What each of the three files holds: a whole account, what a file is missing, and the way back.

A variable that is set in the environment keeps its name for itself. `head` is the comments that a file begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.export.describe import describe
from reconciler.export.description import Description, ExportedEntry, Owner
from reconciler.export.document import file_document, fragment_document, left_out_lines
from reconciler.export.names import Names
from reconciler.model.configuration import Account, Named, OnUnmanaged
from reconciler.model.pattern import Pattern
from reconciler.model.plan import AccountPlan, Claim, Plan
from reconciler.model.secret import Origin
from reconciler.view.codec import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file to be written, and the secrets that are to be set beside it.

    Attributes:
        document: its plain values; tuples are written on one line.
        comments: the lines at its top, without their `#`.
        variables: the variables of the secrets that were found, and their values.
        unknown: the variables whose values the provider doesn't show.
    """

    document: Mapping[str, Json]
    comments: tuple[str, ...]
    variables: Mapping[str, str] = field(repr=False)
    unknown: tuple[str, ...]


def whole_file(plan: Plan, environment: Mapping[str, str], head: Iterable[str]) -> ExportedFile:
    """The file that describes all accounts as they are, so that the next plan is empty."""
    names = Names(environment=environment)
    claims = [claim for claim in Claim if claim is not Claim.KNOWN]
    described = []
    for account in plan.planned:
        found = _describe(plan, account, names, claims, duplicates_stay=True)
        # What was there already is no alarm: what is added later is.
        known = (*account.account.known, *(Named(object_id=left.remote.id) for left in found.left_out))
        said = replace(account.account, on_unmanaged=OnUnmanaged.FAIL)
        described.append(replace(found, account=said, owns=_owners(found.entries), known=known))
    left_out = _left_out(plan, described, "not owned, but listed under `known`")
    return _exported(described, file_document(plan.configuration, described), (*head, *left_out))


def missing_part(plan: Plan, environment: Mapping[str, str], head: Iterable[str]) -> ExportedFile:
    """What the files don't have of the one account that was planned, as lines to add to them."""
    names = Names(entries=(wanted.address.name for wanted in plan.configuration.desired), environment=environment)
    (account,) = plan.planned
    found = _describe(plan, account, names, [Claim.NONE], duplicates_stay=True)
    described = replace(found, owns=_owners(entry for entry in found.entries if not _is_owned(account.account, entry)))
    left_out = _left_out(plan, [described], "not owned")
    return _exported([described], fragment_document(plan.configuration, described), (*head, *left_out))


def backup_file(plan: Plan, environment: Mapping[str, str], way_back: str) -> ExportedFile:
    """What the files own or name absent as it is now, and their patterns. `way_back` is the command to it."""
    kept = _pattern_variables(plan)
    names = Names(environment={**environment, **kept})
    described = []
    for account in plan.planned:
        found = _describe(plan, account, names, [Claim.OWNED, Claim.ABSENT], duplicates_stay=False)
        owns = [Owner(pattern=pattern.source, kind=scope) for pattern, scope in account.account.owned_patterns]
        absent = {remote.key.endpoint for remote in account.listed(Claim.ABSENT) if remote.key is not None}
        owns += _owners(entry for entry in found.entries if entry.endpoint in absent)
        described.append(replace(found, owns=tuple(owns), known=account.account.known))
    file = _exported(described, file_document(plan.configuration, described))
    left_out = left_out_lines(plan.configuration, described)
    comments = (
        f"The account before an apply. To restore it: {way_back}",
        *(["Not included:", *left_out] if left_out else []),
        *(
            [f"Set these variables too, since the provider doesn't return their values: {', '.join(file.unknown)}"]
            if file.unknown
            else []
        ),
    )
    return replace(file, comments=comments, variables={**kept, **file.variables})


def _describe(
    plan: Plan, account: AccountPlan, names: Names, claims: Iterable[Claim], *, duplicates_stay: bool
) -> Description:
    remotes, redaction = account.listed(*claims), plan.configuration.redaction
    return describe(account.account, remotes, names, redaction, duplicates_stay=duplicates_stay)


def _exported(
    described: Sequence[Description], document: Mapping[str, Json], comments: tuple[str, ...] = ()
) -> ExportedFile:
    return ExportedFile(
        document=document,
        comments=comments,
        variables={name: value for one in described for name, value in one.variables.items()},
        unknown=tuple(name for one in described for name in one.unknown),
    )


def _owners(entries: Iterable[ExportedEntry]) -> tuple[Owner, ...]:
    return tuple(Owner(pattern=entry.owner, kind=entry.kind) for entry in entries)


def _is_owned(account: Account, entry: ExportedEntry) -> bool:
    return account.owns_at(entry.endpoint, account.scope if entry.kind is None else entry.kind)


def _left_out(plan: Plan, described: Sequence[Description], what: str) -> list[str]:
    lines = left_out_lines(plan.configuration, described)
    if not lines:
        return []
    return ["", f"Not described, and therefore {what} ({len(lines)}):", *(f"  {line}" for line in lines)]


def _pattern_variables(plan: Plan) -> dict[str, str]:
    """The variables of the patterns that are kept, and their values."""
    parts = (part for account in plan.planned for pattern in _kept(account.account) for part in pattern.source.parts)
    return {part.name: part.text for part in parts if part.origin is Origin.ENVIRONMENT}


def _kept(account: Account) -> Iterator[Pattern]:
    """The patterns that a backup has from its file."""
    yield from (pattern for pattern, _ in account.owned_patterns)
    yield from account.protect.patterns
    yield from (item.pattern for item in account.known if item.pattern is not None)

"""`apply --backup FILE`: what the file owns as it is, before the first change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.cli.writing import OutputFile, written
from reconciler.model.configuration import Account
from reconciler.model.pattern import Pattern
from reconciler.model.plan import AccountPlan, Claim, Plan
from reconciler.model.secret import Origin
from reconciler.output.terminal import Streams, visible
from reconciler.output.yaml_text import env_text, yaml_text
from reconciler.planning.describe import Names, describe
from reconciler.view.file_document import Described, Owner, file_document, left_out_lines


def write_backup(streams: Streams, plan: Plan, path: Path, environment: Mapping[str, str]) -> None:
    """Write FILE and FILE.env, both or none.

    Args:
        streams: where it is said that they are written.
        plan: what was read, before anything is changed.
        path: FILE.
        environment: what is set in it keeps its name for itself.
    Raises:
        CommandError: they can't be written.
    """
    names = Names(environment={**environment, **_pattern_variables(plan)})
    described = [_described(plan, account, names) for account in plan.planned]
    env_path = path.with_name(f"{path.name}.env")
    left_out = left_out_lines(plan.configuration, described)
    unknown = [name for one in described for name in one.description.unknown]
    comments = [
        f"The account before an apply. To restore it: reconciler apply -f {path.name} --env-file {env_path.name}",
        *(["Not included:", *left_out] if left_out else []),
        *(
            [(f"Set these variables too, since the provider doesn't return their values: {', '.join(unknown)}")]
            if unknown
            else []
        ),
    ]
    variables = {name: value for one in described for name, value in one.description.variables.items()}
    text = yaml_text(file_document(plan.configuration, described), comments)
    files = [
        OutputFile(path=env_path, text=env_text(_pattern_variables(plan) | variables), option="--backup"),
        OutputFile(path=path, text=text, option="--backup"),
    ]
    with written(files, so_far="Nothing was changed. "):
        pass
    streams.tell(f"Wrote the backup to {visible(str(path))} and {visible(str(env_path))}.")
    if unknown:
        streams.tell(
            f"The provider doesn't return the values of {', '.join(unknown)}: set them before you restore the backup."
        )


def _described(plan: Plan, account: AccountPlan, names: Names) -> Described:
    """An account's claimed webhooks, and its patterns with those endpoints that are only named absent."""
    remotes = account.listed(Claim.OWNED, Claim.ABSENT)
    found = describe(account.account, remotes, names, plan.configuration.showing, duplicates_stay=False)
    owns = [Owner(pattern=pattern.source, kind=scope) for pattern, scope in account.account.owned_patterns]
    absent = {remote.key.endpoint for remote in account.listed(Claim.ABSENT) if remote.key is not None}
    more = {
        (str(entry.owner), entry.kind): Owner(pattern=entry.owner, kind=entry.kind)
        for entry in found.entries
        if entry.endpoint in absent
    }
    owners = (*owns, *more.values())
    return Described(account=account.account, description=found, owns=owners, known=account.account.known)


def _pattern_variables(plan: Plan) -> dict[str, str]:
    """The variables of the patterns that are kept, and their values."""
    parts = (part for account in plan.planned for pattern in _kept(account.account) for part in pattern.source.parts)
    return {part.name: part.text for part in parts if part.origin is Origin.ENVIRONMENT}


def _kept(account: Account) -> Iterator[Pattern]:
    """The patterns that a backup has from its file."""
    yield from (pattern for pattern, _ in account.owned_patterns)
    yield from account.protect.patterns
    yield from (item.pattern for item in account.known if item.pattern is not None)

"""The reports of shards as one: what each found of its own accounts, and whether they belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from reconciler.model.diagnostic import SIGNALLED, ExitCode
from reconciler.model.plan import MOST_SHARDS, Filters, Shard
from reconciler.view.codec import NO_SUCH_DOCUMENT, Json, from_json
from reconciler.view.documents import PlanView
from reconciler.view.outcome import CommandResult
from reconciler.view.rows import LossRow, Row, Summary
from reconciler.view.short_ids import length_of

_COUNTS = ("add", "change", "import", "remove")
_Row = TypeVar("_Row", Row, LossRow)


class MergeError(Exception):
    """Reports that can't be joined: what is wrong, and what to do."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002 - as diagnostics call it
        super().__init__(message)
        self.message, self.help = message, help


class ApplyLines(Struct, frozen=True, kw_only=True):
    """What `apply --format json` wrote in a shard."""

    lines: tuple[Mapping[str, Any], ...]
    shard: Shard
    exit_code: int

    @property
    def ended(self) -> Mapping[str, Any]:
        return self.lines[-1]


class ShardReport(Struct, frozen=True, kw_only=True):
    """A report, and the name of its file."""

    name: str
    found: PlanView | ApplyLines
    is_drift: bool = False

    @property
    def shard(self) -> Shard | None:
        return self.found.shard

    @property
    def accounts(self) -> Iterable[str]:
        """Those that it alone may have: what could not be listed is in the report of every shard."""
        found = self.found.accounts if isinstance(self.found, PlanView) else ()
        return [account.name for account in found if "*" not in account.name]

    @property
    def common(self) -> tuple[object, ...]:
        """What all shards must have in common."""
        found, shard = self.found, self.found.shard
        version = found.tool.version if isinstance(found, PlanView) else found.lines[0].get("reconciler")
        return (version, None if shard is None else (shard.count, shard.accounts, shard.digest))


def report_of(name: str, documents: Sequence[Json]) -> ShardReport:
    """A report, by the documents of its file: one, or of an apply one for each line.

    Raises:
        MergeError: it is none, or of a run that failed.
    """
    first = documents[0]
    try:
        if isinstance(first, dict) and first.get("valid") is False:
            said = "; ".join(one["summary"] for one in first["diagnostics"])
            raise MergeError(f"{name} is of a run that failed: {said}", "Run that shard again.")
        if isinstance(first, dict) and "resource_changes" in first:
            is_drift = first.get("resource_drift") is not None
            left_out = ("planned_values", "configuration", "resource_drift")
            view = from_json(PlanView, {key: value for key, value in first.items() if key not in left_out})
            _check_accounts(view)
            return ShardReport(name=name, found=view, is_drift=is_drift)
        return ShardReport(name=name, found=_apply_lines(name, documents))
    except NO_SUCH_DOCUMENT:
        message = f"{name} is no report of `plan`, `drift` or `apply` with `--format json`"
        raise MergeError(message, "Give the reports of all shards.") from None


def _check_accounts(view: PlanView) -> None:
    names = {account.name for account in view.accounts}
    rows = (view.resource_changes, view.unmanaged, view.known, view.losses, view.duplicates)
    if len(names) < len(view.accounts) or not all(row.account in names for of in rows for row in of):
        raise ValueError


def _apply_lines(name: str, documents: Sequence[Any]) -> ApplyLines:
    if not all(type(line[key]) is str for line in documents for key in ("type", "@level", "@message", "@timestamp")):
        raise TypeError
    shards = [line["shard"] for line in documents if line["type"] == "shard"]
    ended = documents[-1]
    if ended["type"] != "change_summary" or "exit_code" not in ended:
        raise MergeError(f"{name} is incomplete: its run was cut off", "See what it did, then run that shard again.")
    if not shards:
        said = [line["@message"] for line in documents if line.get("@level") == "error"]
        raise MergeError(f"{name} is of no shard, or of a run that failed: {'; '.join(said)}", "Run that shard again.")
    shard, counts = from_json(Shard, shards[-1]), [ended["changes"][key] for key in _COUNTS]
    if not all(type(one) is int for one in (*counts, ended["exit_code"])):
        raise TypeError
    return ApplyLines(lines=tuple(documents), shard=shard, exit_code=ended["exit_code"])


def check_whole(reports: Sequence[ShardReport]) -> None:
    """See that these are the reports of all shards of one run.

    Raises:
        MergeError: one is missing, twice there, or of another configuration.
    """
    seen: dict[int, ShardReport] = {}
    first = reports[0]
    accounts: dict[str, ShardReport] = {}
    for report in reports:
        if report.shard is None:
            raise MergeError(f"{report.name} is of no shard", "Run each with `--shard I/N`.")
        if not 1 <= report.shard.number <= report.shard.count <= MOST_SHARDS:
            which = f"{report.shard.number} of {report.shard.count}"
            raise MergeError(f"{report.name} is of shard {which}, which there can't be", "Run that shard again.")
        kinds = (type(report.found), report.is_drift)
        if kinds != (type(first.found), first.is_drift):
            raise MergeError(f"{report.name} is of another command than {first.name}", "Give reports of one command.")
        if report.common != first.common:
            message = f"{report.name} is of another configuration, version or set of options than {first.name}"
            help_ = "Run all shards with the same files, variables, options and version; the accounts that the "
            raise MergeError(message, f"{help_}provider lists must be the same, too.")
        other = seen.setdefault(report.shard.number, report)
        if other is not report:
            which = f"shard {report.shard.number} of {report.shard.count}"
            raise MergeError(f"{other.name} and {report.name} are both of {which}", "Give each of them once.")
        for name in report.accounts:
            owner = accounts.setdefault(name, report)
            if owner is not report:
                message = f"{owner.name} and {report.name} both have the account {name}"
                raise MergeError(message, "Run all shards again.")
    count = 0 if first.shard is None else first.shard.count
    missing = [str(number) for number in range(1, count + 1) if number not in seen]
    if missing:
        what = "shard" if len(missing) == 1 else "shards"
        message = f"there is no report of {what} {', '.join(missing)} of {count}"
        raise MergeError(message, "Nobody knows how these accounts are: give their reports, too.")


def merged_plan(views: Sequence[PlanView]) -> PlanView:
    """The plan of all shards: as that of one run."""
    every = [account for view in views for account in view.accounts]
    # What could not be listed is in the report of every shard.
    accounts = sorted({account.name: account for account in every}.values(), key=lambda one: one.name)
    order = {account.name: number for number, account in enumerate(accounts)}

    def by_account(rows: Iterable[_Row]) -> tuple[_Row, ...]:
        return tuple(sorted(rows, key=lambda row: order[row.account]))

    counts = [asdict(view.summary) for view in views]
    sums = {name: sum(one[name] for one in counts) for name in counts[0]}
    summary = Summary(**sums | {"not_checked": sums["not_checked"] - len(every) + len(accounts)})
    changes = by_account(row for view in views for row in view.resource_changes)
    unmanaged = by_account(row for view in views for row in view.unmanaged)
    known = by_account(row for view in views for row in view.known)
    filters = replace(views[0].filters, shard=None)
    errored = any(view.errored for view in views)
    refused = any(account.remedy is not None for account in accounts)
    ids = (row.object_id for row in (*changes, *unmanaged, *known) if row.object_id is not None)
    diagnostics = dict.fromkeys(one for view in views for one in view.diagnostics)
    return replace(
        views[0],
        timestamp=max(view.timestamp for view in views),
        filters=filters,
        applyable=bool(summary.changes) and not refused and not views[0].unset_variables,
        complete=not errored and filters == Filters(),
        errored=errored,
        resource_changes=changes,
        accounts=tuple(accounts),
        summary=summary,
        losses=by_account(loss for view in views for loss in view.losses),
        unmanaged=unmanaged,
        known=known,
        duplicates=by_account(row for view in views for row in view.duplicates),
        diagnostics=tuple(diagnostics),
        id_length=max(length_of(ids), *(view.id_length for view in views)),
        shard=None,
    )


def merged_lines(applied: Sequence[ApplyLines]) -> tuple[Iterator[Mapping[str, Any]], CommandResult]:
    """The lines of all shards, with one line at the beginning and one at the end, and how they ended together."""
    ended = [one.ended["changes"] for one in applied]
    counts = {name: sum(one[name] for one in ended) for name in _COUNTS}
    said = [*_said_once(applied)]
    failed = sum(line["type"] == "diagnostic" and line["@level"] == "error" for line in said)
    code = worst_code(one.exit_code for one in applied)
    done = f"{counts['add']} created, {counts['change']} updated, {counts['remove']} deleted"
    shards = [str(one.shard.number) for one in applied if one.exit_code]
    words = f"Apply complete: {done}." if not code else f"Apply incomplete in shard {', '.join(shards)}: {done}."
    if failed:
        words = f"{words[:-1]}; {failed} {'error' if failed == 1 else 'errors'}."
    last = {**applied[0].ended, "@level": "error" if code else "info", "@message": words, "exit_code": code}
    last["@timestamp"] = max(str(one.ended["@timestamp"]) for one in applied)
    last["changes"] = {**counts, "operation": "apply"}

    def lines() -> Iterator[Mapping[str, Any]]:
        yield applied[0].lines[0]
        yield from said
        yield last

    return lines(), CommandResult(words, code)


def _said_once(applied: Iterable[ApplyLines]) -> Iterator[Mapping[str, Any]]:
    """The lines of all shards but the first and last of each, without what another one has said: of the files, say."""
    before: set[str] = set()
    for one in applied:
        its = [(repr((line.get("account"), line.get("diagnostic"))), line) for line in one.lines[1:-1]]
        yield from (line for key, line in its if line["type"] != "diagnostic" or key not in before)
        before |= {key for key, _ in its}


def worst_code(codes: Iterable[int]) -> int:
    """One exit code for several: that of a signal, else of an error, of a refusal, of changes, else of success."""
    found = {*codes}
    signals = [code for code in found if code > SIGNALLED]
    order = (*signals, ExitCode.ERROR, ExitCode.REFUSED, ExitCode.CHANGES, ExitCode.DONE)
    return int(next((code for code in order if code in found), ExitCode.ERROR))

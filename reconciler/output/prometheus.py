"""Metrics for the textfile collector of Prometheus' node_exporter.

Source: Prometheus' "Exposition formats", and "Writing exporters" for the names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model.plan import Action
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import visible
from reconciler.view.documents import PlanView
from reconciler.view.rows import Standing

_Sample = tuple[dict[str, str], float]
_SUCCESS = "reconciler_last_success_timestamp_seconds"
_STATUSES = {
    Standing.IN_STEP: "in_step",
    Standing.CHANGED: "drifted",
    Standing.DRIFTED: "drifted",
    Standing.NOT_CHECKED: "not_checked",
}


class PrometheusReporter(DocumentReporter):
    """Writes gauges: of the run, and of each account."""

    is_brief = False  # each account has its numbers, also one of thousands in step

    def document(self, found: Found) -> str:
        return "\n".join(line for metric in _metrics(found, self._last_success(found)) for line in metric)

    def _last_success(self, found: Found) -> float | None:
        """When the accounts were last checked: now, or as the file says that is there."""
        if not found.result.has_failed:
            return found.now.timestamp()
        line = f"{_SUCCESS}{_labels({'configuration': found.name})}"
        said = re.search(rf"^{re.escape(line)} (\d{{1,12}}(?:\.\d{{1,9}})?)$", self._context.before(), re.MULTILINE)
        return None if said is None else float(said[1])


_KINDS = (*(action.value for action in (Action.CREATE, Action.UPDATE, Action.DELETE)), "protected", "unmanaged")


def _metrics(found: Found, last_success: float | None) -> Iterator[Iterator[str]]:
    of_run = {"configuration": found.name}
    yield _gauge("reconciler_exit_code", "The exit code of the last run.", [(of_run, found.result.code)])
    run = (of_run, found.now.timestamp())
    yield _gauge("reconciler_last_run_timestamp_seconds", "When the last run ended.", [run])
    if last_success is not None:
        words = "When the last run ended that checked every account, whether it found drift or not."
        yield _gauge(_SUCCESS, words, [(of_run, last_success)])
    if found.plan is None:
        return
    labels = {account.name: {**of_run, "account": account.name} for account in found.plan.accounts}
    states = [
        ({**labels[account.name], "status": status}, float(_STATUSES[account.status] == status))
        for account in found.plan.accounts
        for status in dict.fromkeys(_STATUSES.values())
    ]
    yield _gauge("reconciler_account_status", "1 for the account's status, 0 for the others.", states)
    checked = [account for account in found.plan.accounts if account.status is not Standing.NOT_CHECKED]
    numbers = _counts(found.plan)
    counts = [
        ({**labels[account.name], "kind": kind}, numbers[account.name, kind]) for account in checked for kind in _KINDS
    ]
    yield _gauge("reconciler_account_webhooks", "Webhooks that would be changed, or that nobody manages.", counts)
    losses = [(labels[account.name], account.losses) for account in checked]
    yield _gauge("reconciler_account_losses", "Endpoints that would stop receiving events.", losses)


def _counts(plan: PlanView) -> Counter[tuple[str, str]]:
    """How many webhooks there are of a kind, by account and kind."""
    counts = Counter((row.account, row.action.value) for row in plan.changes)
    for kind, rows in (("protected", plan.protected_differences), ("unmanaged", plan.unmanaged)):
        counts.update((row.account, kind) for row in rows)
    return counts


def _gauge(name: str, words: str, samples: Sequence[_Sample]) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {value:.15g}"


def _labels(labels: dict[str, str]) -> str:
    """Labels, whose values are visible, so that no line break is in them."""
    pairs = ((name, visible(value).replace("\\", r"\\").replace('"', r"\"")) for name, value in labels.items())
    return "{" + ",".join(f'{name}="{value}"' for name, value in pairs) + "}"


reporter = PrometheusReporter

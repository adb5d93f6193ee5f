"""Applies a file where that only adds to what endpoints receive; everything else is left to a person."""

from __future__ import annotations

import sys

from reconciler import ConfigurationError, PlanChangedError, Report, apply, load, plan


def apply_additions(file: str) -> Report | None:
    """What became of the plan; None where a person should look at it."""
    planned = plan(load(file))
    print(planned.summary)
    for change in planned.changes:
        print(f"{change.action.value} {change.webhook_address}: {change.url}")
    removes = any(change.action.value == "delete" for change in planned.changes)
    if removes or planned.is_refused or planned.errors or planned.document.losses:
        return None
    return apply(planned)


def main() -> int:
    """Apply the file that the command line names."""
    try:
        report = apply_additions(sys.argv[1])
    except (ConfigurationError, PlanChangedError) as error:
        print(error, file=sys.stderr)
        return 1
    if report is None:
        print("Not applied: look at it with `reconciler plan`.")
        return 3
    for result in report.results:
        print(f"{result.webhook_address}: {result.words}")
    print(report.summary)
    return 0 if report.is_complete else 1


if __name__ == "__main__":
    sys.exit(main())

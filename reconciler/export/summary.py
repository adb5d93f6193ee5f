"""What was described, what was not and why, and what the next plan does about it: in words, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.export.document import ExportedFile
from reconciler.view.outcome import change_words, count_text
from reconciler.view.rows import Summary


def changes_of(file: ExportedFile) -> Summary:
    """What the plan of a whole file does."""
    made = file.descriptions
    return Summary(update=sum(one.updates for one in made), delete=sum(len(one.duplicates) for one in made))


def summary(file: ExportedFile, *, missing: bool) -> Iterator[str]:
    """The lines that an export ends with, what to do next aside."""
    left_out = [left for one in file.descriptions for left in one.left_out]
    duplicates = [duplicate for one in file.descriptions for duplicate in one.duplicates]
    webhooks = sum(one.webhooks for one in file.descriptions)
    entries = sum(len(one.entries) for one in file.descriptions)
    what = count_text(webhooks, "missing webhook" if missing else "webhook")
    yield f"Described {webhooks - len(left_out)} of {what}, in {count_text(entries, 'entry', 'entries')}."
    if duplicates:
        updates = sum(one.updates for one in file.descriptions)
        is_or_are = "is" if updates == 1 else "are"
        first = f"; {updates} of the kept webhooks {is_or_are} updated first, so that no event is lost"
        what = "1 of these is a duplicate" if len(duplicates) == 1 else f"{len(duplicates)} of these are duplicates"
        yield f"{what}: the oldest webhook of each URL and event stays{first if updates else ''}."
        others = sum(duplicate.has_other_secret for duplicate in duplicates)
        if others:
            yield (
                f"  {count_text(others, 'duplicate')} {'has' if others == 1 else 'have'} a different secret in "
                f"{'its' if others == 1 else 'their'} URL. Check that the receiver accepts the secret of the one that "
                "is kept."
            )
    if left_out:
        yield f"Not described, but listed under `known`, so that no plan changes them ({len(left_out)}):"
        yield from (f"  {number}: {why}" for why, number in Counter(left.why for left in left_out).most_common())
    if missing:
        also = " and deletes only duplicates" if duplicates else ""
        yield f"With these lines, the next plan keeps these webhooks{also}."
    elif changes_of(file).changes:
        yield f"The next plan: {change_words(changes_of(file))}."
    else:
        yield "The next plan has no changes."

"""Which fields of a webhook differ from what is wanted, and what to send so that none does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from reconciler.model.field import Field, FieldType, ReadsBack
from reconciler.model.plan import FieldChange
from reconciler.model.provider import Provider
from reconciler.model.secret import SecretText
from reconciler.model.secret_digest import unmarked
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Fields, Headers, Remote, Value, hides_secret


def wanted_fields(desired: Desired, remote: Fields) -> Fields:
    """The fields that a remote webhook should have: the file's, ignored ones as the provider has them."""
    fields = dict(desired.fields)
    for name in fields.keys() & desired.ignored:
        ours, theirs = fields[name], remote[name]
        if not isinstance(ours, Url):
            fields[name] = theirs
        elif isinstance(theirs, Url):
            fields[name] = ours.with_secrets_of(theirs)  # of a URL only the secret parameters are ignored
    for name, ours in fields.items():
        if isinstance(ours, Url | SecretText | Headers) and _holds_unset(ours):
            theirs = remote[name]
            fields[name] = ours.with_unset_of(theirs) if isinstance(ours, Url) and isinstance(theirs, Url) else theirs
    return fields


def _holds_unset(value: Url | SecretText | Headers) -> bool:
    if isinstance(value, Headers):
        return not value.is_known and not value.is_masked
    return not (value.source if isinstance(value, Url) else value).is_known


def sent_fields(desired: Desired, remote: Fields) -> Fields:
    """The fields to send in an update: as `wanted_fields`, but no secret that the provider shows masked or emptied.

    A webhook would be sent its own mask as a secret else, with the first update of another field.
    """
    fields = wanted_fields(desired, remote)
    return {name: _unmasked(desired.fields[name], value, remote[name]) for name, value in fields.items()}


def _unmasked(ours: Value, wanted: Value, remote: Value) -> Value:
    if not isinstance(ours, Url) or not isinstance(remote, Url) or wanted == ours:
        return wanted
    from reconciler.model.provider_form import Kept, kept_otherwise  # for few updates  # noqa: PLC0415

    # One that isn't there at all is left so: nothing says that the provider only doesn't show it.
    emptied = any(item.secret and not item.value for item in remote.items)
    masked = any(param.kept is Kept.MASKED for param in kept_otherwise(ours, remote))
    return ours if masked or emptied else wanted


def differences(provider: Provider, before: Fields, after: Fields) -> tuple[FieldChange, ...]:
    """The fields that differ, in the declaration's order; of nested settings each inner value by itself.

    A field that never reads back is no difference by itself; of one that reads back masked, whether it is set counts.
    """
    found: list[FieldChange] = []
    for spec in provider.fields:
        old, new = before[spec.name], after[spec.name]
        if _reads_the_same(spec, old, new) or (spec.name == provider.digest_in and _has_only_a_digest(old, new)):
            continue
        if spec.type is FieldType.SETTINGS:
            found.extend(_nested(spec.name, old, new))
        else:
            found.append(FieldChange(name=spec.name, before=old, after=new))
    return tuple(found)


def _reads_the_same(spec: Field, old: Value, new: Value) -> bool:
    """Whether two values are the same, as far as the provider lets anybody see."""
    if spec.reads_back in (ReadsBack.NEVER, ReadsBack.ON_CREATE):
        return True
    if spec.told_at and isinstance(old, Url) and isinstance(new, Url):
        return old.told == new.told
    if spec.reads_back is ReadsBack.SOMETIMES:
        return old is None or old == new
    if not spec.is_unread and not hides_secret(old):
        return old == new
    if isinstance(old, Headers) and isinstance(new, Headers):
        return old.names == new.names
    return (old is None) == (new is None)


def _has_only_a_digest(old: Value, new: Value) -> bool:
    """Whether a text has a digest behind it, for which this file doesn't ask."""
    return isinstance(old, str) and old != new and unmarked(old) == new


def fits(provider: Provider, desired: Desired, remote: Remote) -> bool:
    """Whether an update can make a webhook as wanted: what no update can change is so already."""
    if not provider.fixed_fields:
        return True
    found = differences(provider, remote.fields, wanted_fields(desired, remote.fields))
    differing = {one.name.partition(".")[0] for one in found}
    takes = provider.rest is not None and provider.rest.update.url_takes_secrets and "url" in differing
    forgotten = (spec.is_secret and spec.is_fixed and remote.fields[spec.name] for spec in provider.fields)
    return not differing & provider.fixed_fields and not (takes and any(forgotten))


def _nested(name: str, before: Value, after: Value) -> Iterator[FieldChange]:
    """The differences inside a settings field, each with its path (`settings.retry.limit`), sorted by it."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - a tenth of a second, for few providers

    changes = DeepDiff(
        dict(before) if isinstance(before, Mapping) else {},
        dict(after) if isinstance(after, Mapping) else {},
        view="tree",
        ignore_order=True,
        report_repetition=True,  # else `[1, 5, 5]` and `[1, 5]` are the same
        ignore_private_variables=False,  # else names that begin with two underscores are left out
        threshold_to_diff_deeper=0,  # else objects that have little in common count as one value
    )
    leaves = [leaf for group in changes.values() for leaf in group]
    for leaf in sorted(leaves, key=lambda leaf: str(leaf.path())):
        steps = ".".join(str(step) for step in leaf.path(output_format="list"))
        yield FieldChange(name=f"{name}.{steps}", before=_shown(leaf.t1), after=_shown(leaf.t2))


def _shown(value: object) -> Value:
    """An inner value as a field's value: absent ones as None, numbers, lists and objects as their JSON text."""
    if value is None or isinstance(value, bool | str):
        return value
    is_absent = type(value).__name__ == "NotPresent"
    return None if is_absent else json.dumps(value, sort_keys=True, ensure_ascii=False)

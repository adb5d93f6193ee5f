"""What may be shown of one account of a plan: its webhooks as rows, and what they would lose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial

from msgspec.structs import replace

from reconciler.model.endpoint import Endpoint
from reconciler.model.field import FieldType
from reconciler.model.plan import AccountPlan, Action, Change, Claim, Loss, Plan, Reason
from reconciler.model.provider import Provider
from reconciler.model.resource_address import resource_address
from reconciler.model.secret import HIDDEN, hides
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Fields, Value
from reconciler.view.rows import AbsentLine, FieldRow, LossRow, Plain, Row, Sides, Status
from reconciler.view.values import plain_change, plain_fields, plain_value, scope_text, sensitive, time_text

_STATUS: Mapping[Reason | None, Status] = {
    Reason.NOT_IN_FILE: Status.NOT_IN_FILE,
    Reason.DUPLICATE: Status.DUPLICATE,
    Reason.REPLACED: Status.NOT_IN_FILE,
    Reason.NAMED_ABSENT: Status.ABSENT,
    Reason.PROTECTED: Status.PROTECTED,
    Reason.NOT_COMPARED: Status.NOT_COMPARED,
}
_NOTHING_SAID = Sides(
    actions=(Action.NONE,), before=None, after=None, after_unknown={}, before_sensitive=False, after_sensitive=False
)
# Asked of every webhook, as those of `model.plan`.
_URL, _CREATE, _DELETE, _MANAGED = FieldType.URL, Action.CREATE, Action.DELETE, Status.MANAGED
_OTHERS = {Claim.KNOWN: Status.KNOWN, Claim.UNSET: Status.NOT_COMPARED, Claim.NONE: Status.UNMANAGED}


class AccountMask:
    """Masks what belongs to one account of a plan."""

    def __init__(self, plan: Plan, account: AccountPlan) -> None:
        self.account = account
        self._provider = account.account.provider
        self._redaction = plan.configuration.redaction
        self._long = plan.configuration.qualifies_addresses

    @cached_property
    def _urls(self) -> Mapping[Endpoint, Url]:
        """The file's own of each endpoint, the first; needed once a webhook is shown."""
        rows = (*self.account.rows, *self.account.left_out)
        desired = sorted((one.desired for one in rows if one.desired is not None), key=lambda one: one.place)
        urls = [url for one in reversed(desired) if isinstance(url := one.fields["url"], Url)]
        return {url.endpoint: url for url in urls}

    def rows(self, *, brief: bool = False) -> Iterator[Row]:
        """Every webhook that the filters let through; in brief, only those of which something is to be said."""
        for row in self.account.rows:
            if row.is_told or not brief:
                yield self.row(row, brief=brief)

    def loss(self, loss: Loss) -> LossRow:
        """An endpoint that loses events, and the line under `absent` that would let it through, if it can be shown."""
        url = loss.remotes[0].fields["url"]
        shown = self._redaction.show_endpoint(url) if isinstance(url, Url) else HIDDEN
        events = frozenset[str]().union(*(self._provider.events_of(remote.fields) for remote in loss.remotes))
        line = AbsentLine(url=shown.partition("?")[0], events=tuple(sorted(events)))
        is_clear = line.url.startswith(loss.endpoint.origin) and not hides(line.url)
        return LossRow(
            account=self.account.account.name,
            url=shown,
            scope=scope_text(loss.scope),
            events=loss.events,
            absent=line if loss.absent_line and is_clear else None,
        )

    def lines(self) -> Iterator[Row]:
        """The webhooks of the provider, without what only JSON says of them."""
        rows = [row for row in self.account.rows if row.remote is not None]
        remotes = [row.remote for row in rows if row.remote is not None]
        kinds = map(
            self._kind,
            [row.claim for row in rows],
            [row.reason for row in rows],
            [remote.unreadable for remote in remotes],
            *([remote.fields[name] for remote in remotes] for name in self._told),
        )
        urls = [plain_value(self._redaction, remote.fields["url"], _URL) for remote in remotes]
        return map(self._line, rows, kinds, urls)

    def _line(self, row: Change, kind: Row, url: Plain) -> Row:
        """What of a webhook goes into a line of a list: what the others of its kind don't have alike."""
        remote = row.remote
        # Few at a time: `Struct` looks for each among all the fields, and of more than 15 Python makes a dictionary.
        return replace(
            kind,
            webhook_address=row.address.text(long=self._long),
            entry=row.address.name if row.address.has_entry else None,
            object_id=None if remote is None else remote.id,
            url=str(url or ""),
            updated=None if remote is None or remote.updated is None else time_text(remote.updated),
        )

    @cached_property
    def _told(self) -> Sequence[str]:
        """The fields of which a line says what they mean, and not what they hold."""
        provider = self._provider
        return (provider.event_field, *provider.scope_fields, *provider.switches)

    @cached_property
    def _kind(self) -> Callable[..., Row]:
        """Gives what all lines of a kind have alike: most webhooks are of few kinds.

        It doesn't hold the mask, or a plan that is let go would stay until the collector comes.
        """
        make = partial(_line_of_kind, self._provider, self.account.account.name, self._told)
        return lru_cache(maxsize=1024, typed=True)(make)

    def row(self, row: Change, *, brief: bool = False) -> Row:
        """A webhook, and all that may be said of it; in brief, without its endpoint."""
        remote, provider = row.remote, self._provider
        before, there = None, {} if row.desired is None else row.desired.fields
        if remote is not None:
            before, there = self._plain(remote.fields), remote.fields
        fields = self._field_changes(row) if row.fields else ()
        after = None
        if row.wanted:
            after = self._plain(row.wanted)
            # Both sides of a URL are shown together, or a changed secret would read the same on both.
            after |= {field.name: field.after for field in fields if field.name in after}
        elif row.action is not _DELETE:
            after = before or self._plain(there)
        url = (before or after or self._plain(there))["url"]
        endpoint = provider.endpoint_of(there)
        host = HIDDEN if endpoint is None else endpoint.origin
        hidden = sensitive(before)
        resource = resource_address(row.address, provider.resource_type, long=self._long)
        told = map(there.__getitem__, self._told)
        kind = self._kind(row.claim, row.reason, () if remote is None else remote.unreadable, *told)
        found = replace(
            self._line(row, kind, url),
            address=str(resource),
            module_address=resource.module,
            type=resource.type,
            name=resource.name,
            index=resource.index,
            host="" if url is None else host,
            endpoint=None if brief else self._endpoint(there["url"]),
            place=None if row.desired is None else str(row.desired.place),
            change=Sides(
                actions=(row.action,),
                before=before,
                after=after,
                after_unknown={},
                before_sensitive=hidden,
                after_sensitive=hidden if after is before else sensitive(after),
            ),
            field_changes=fields,
            secret_to=row.secret_to or None,
        )
        if remote is not None:
            found = replace(found, unknown_fields=remote.unknown, health=remote.health or None)
        partner = row.partner
        if partner is not None or row.hint is not None:
            near = self._text(row.near) if isinstance(row.near, Address) else row.near
            found = replace(
                found,
                partner=None if partner is None else self._text(partner),
                hint=row.hint,
                near=None if near is None else str(near),
            )
        return found

    def _field_changes(self, row: Change) -> tuple[FieldRow, ...]:
        forcing = self._provider.replaced_for if row.action is _CREATE and row.reason is Reason.REPLACES else ()
        shown = ((field.name, *plain_change(self._redaction, field.before, field.after)) for field in row.fields)
        return tuple(
            FieldRow(name=name, before=old, after=new, forces_replacement=name.partition(".")[0] in forcing or None)
            for name, old, new in shown
        )

    def _endpoint(self, url: Value) -> str | None:
        """An endpoint as the file writes it, where it does: a remote URL with another secret may read otherwise."""
        if not isinstance(url, Url):
            return None
        return self._redaction.show_endpoint(self._urls.get(url.endpoint, url))

    def _plain(self, fields: Fields) -> dict[str, Plain]:
        return plain_fields(self._provider, self._redaction, fields)

    def _text(self, address: Address) -> str:
        return address.text(long=self._long)


def _line_of_kind(
    provider: Provider,
    account: str,
    names: Sequence[str],
    claim: Claim,
    reason: Reason | None,
    unreadable: tuple[str, ...],
    *told: Value,
) -> Row:
    """A line with what its webhook's claim, reason and these fields say, and nothing for all else."""
    fields = dict(zip(names, told, strict=True))
    return Row(
        address="",
        type="",
        name="",
        provider_name=provider.name,
        webhook_address="",
        entry=None,
        account=account,
        object_id=None,
        status=_status(claim, reason),
        url="",
        host="",
        events=tuple(sorted(provider.events_of(fields))),
        scope=scope_text(provider.scope_of(fields)),
        delivers=provider.is_live(fields),
        updated=None,
        action_reason=reason,
        partner=None,
        hint=None,
        near=None,
        place=None,
        unknown_fields=(),
        unreadable_fields=unreadable,
        change=_NOTHING_SAID,
        field_changes=(),
    )


def _status(claim: Claim, reason: Reason | None) -> Status:
    return _OTHERS.get(claim) or _STATUS.get(reason, _MANAGED)

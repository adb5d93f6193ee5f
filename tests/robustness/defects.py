"""Defects that can be planted into a running command, to see that the fault run finds each of them.

Each stands for a mistake that somebody could make in earnest. They are planted only into processes that end with their
run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import requests
from msgspec.structs import replace

from reconciler.cli.saved import SavedPlan
from reconciler.export import write
from reconciler.http import exchange
from reconciler.http.exchange import ApiRequest, NoReply, Reply
from reconciler.http.transport import Session
from reconciler.model.configuration import Account
from reconciler.model.plan import Action, Change, Claim, Loss, Phase, Plan, Reason, Verdict
from reconciler.model.provider import Provider
from reconciler.model.reading import ProviderError
from reconciler.model.redaction import Redaction
from reconciler.model.report import AccountReport, Outcome, Result
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote
from reconciler.operations import change
from reconciler.operations.account import AccountRun
from reconciler.planning import compare, losses, match, moves, settle
from reconciler.planning.claim import Claims
from reconciler.planning.successors import Widening, with_successors
from reconciler.providers import paging
from reconciler.providers.wire import create_body, update_body
from reconciler.view import outcome


def plant(name: str) -> None:
    """Plant a defect into this process; it can't be taken out again."""
    DEFECTS[name]()


def _put(function: Callable[..., Any], other: Callable[..., Any]) -> None:
    """Let every module of the tool use another function in place of this one."""
    for name, module in list(sys.modules.items()):
        if name.startswith("reconciler.") and getattr(module, function.__name__, None) is function:
            setattr(module, function.__name__, other)


def _set(owner: object, name: str, value: object) -> None:
    setattr(owner, name, value)


def _resend_lost_creates() -> None:
    _set(exchange, "REPEATABLE_METHODS", frozenset({"GET", "PUT", "DELETE", "POST"}))


def _narrow_first() -> None:
    _wait_for_nothing()
    run = AccountRun.run

    def narrow_then_widen(self: AccountRun) -> AccountReport:
        reports = []
        for phase in (Phase.NARROW, Phase.WIDEN):
            rows = tuple(row for row in self.plan.rows if row.phase is phase)
            part = replace(self.plan, rows=rows, left_out=(), loss_limit=len(self.plan.rows))
            reports.append(run(replace(self, plan=part, results={}, listed={})))
        return replace(reports[1], results=(*reports[1].results, *reports[0].results))

    _set(AccountRun, "run", narrow_then_widen)


def _trust_the_first_page() -> None:
    page_of = paging.page_of

    def only_page_of(*read: Any) -> paging.Page:  # noqa: ANN401 - passed on
        page = page_of(*read)
        return replace(page, next=None, count=len(page.remotes))

    _put(page_of, only_page_of)


def _wait_for_nothing() -> None:
    _put(with_successors, lambda _provider, found, _rows: tuple(found))
    _set(Widening, "holding", lambda *_: None)


def _wait_for(is_waited_for: Callable[[Change], bool]) -> Callable[[], None]:
    """Of all that widens only this holds anything back."""

    def plant_it() -> None:
        made = Widening.__init__

        def fewer(self: Widening, provider: Provider, changes: Iterable[Change]) -> None:
            made(self, provider, [change for change in changes if is_waited_for(change)])

        _set(Widening, "__init__", fewer)

    return plant_it


def _is_switch_on_or_create(change: Change) -> bool:
    return change.action is Action.CREATE or change.reason is Reason.SWITCHED_OFF


def _wait_only_at(is_near: Callable[[Change, Address, Widening], bool]) -> Callable[[], None]:
    """Only some of what a narrowing change waits for holds it back."""

    def plant_it() -> None:
        holding = Widening.holding

        def other(self: Widening, change: Change) -> Address | None:
            found = holding(self, change)
            return found if found is not None and is_near(change, found, self) else None

        _set(Widening, "holding", other)

    return plant_it


def _is_at_its_endpoint(change: Change, found: Address, widening: Widening) -> bool:
    key = None if change.remote is None else change.remote.key
    return key is not None and widening.at.get(key.endpoint) == found


def _is_elsewhere(change: Change, found: Address, widening: Widening) -> bool:
    return not _is_at_its_endpoint(change, found, widening)


def _judge_the_guards_once() -> None:
    _set(settle, "losses_of", lambda *_: ())


def _pair_whatever_is_alike() -> None:
    with_moves = moves.with_moves

    def first(provider: Provider, rows: Sequence[Change], deletes: Sequence[Change]) -> list[Change]:
        found = with_moves(provider, rows, deletes)
        halves = {row.address: row.move for row in found if row.move is not None}
        for row in rows:
            wanted = row.desired if row.action is Action.CREATE else None
            alike = set() if wanted is None else set(moves.likenesses(provider, wanted.fields))
            for delete in deletes:
                there = set() if delete.remote is None else set(moves.likenesses(provider, delete.remote.fields))
                if alike & there and not {row.address, delete.address} & {*halves}:
                    halves[row.address], halves[delete.address] = delete.address, row.address
        return [replace(row, move=halves.get(row.address)) for row in found]

    _put(with_moves, first)


def _allow_three_losses() -> None:
    usual = losses.max_losses_of
    _put(usual, lambda account, owned: usual(account, owned) if account.max_losses is not None else 3)


def _lose_nothing_by_deletes_beside_creates() -> None:
    losses_of = losses.losses_of

    def fewer(account: Account, desired: Iterable[Desired], deliveries: losses.Deliveries) -> tuple[Loss, ...]:
        creates = any(change.action is Action.CREATE for change in deliveries.changes)
        return () if creates else losses_of(account, desired, deliveries)

    _put(losses_of, fewer)


def _compare_without_secrets() -> None:
    compare_all = compare.differences

    def compare_shown(provider: Provider, before: Fields, after: Fields) -> Any:  # noqa: ANN401 - as it is
        found = compare_all(provider, before, after)
        return tuple(
            one
            for one in found
            if not (
                isinstance(one.before, Url) and isinstance(one.after, Url) and one.before.endpoint == one.after.endpoint
            )
        )

    _put(compare_all, compare_shown)


def _match_without_kind() -> None:
    key_of = Provider.key_of

    def without_kind(self: Provider, fields: Fields) -> Key | None:
        key = key_of(self, fields)
        return None if key is None else replace(key, scope=())

    _set(Provider, "key_of", without_kind)


def _forget_duplicates_after_creates() -> None:
    def choose(provider: Provider, desired: Desired, candidates: Iterable[Remote]) -> match.Choice:
        return replace(match.choose_for(provider, desired, candidates), duplicates=())

    _set(settle, "choose_for", choose)
    _set(settle, "update_of", lambda *_: None)


def _keep_the_newest() -> None:
    choose = match.choose

    def newest(*given: Any, **options: Any) -> match.Choice:  # noqa: ANN401 - passed on
        found = choose(*given, **options)
        every = (found.survivor, *found.duplicates)
        return match.Choice(survivor=every[-1], duplicates=every[:-1])

    _put(choose, newest)


def _claim_instead(wrong: Claim, right: Claim) -> Callable[[], None]:
    def plant_it() -> None:
        claim = Claims.of

        def other(self: Claims, remote: Remote) -> Claim:
            found = claim(self, remote)
            return right if found is wrong and remote.key is not None else found

        _set(Claims, "of", other)

    return plant_it


def _forget_the_guard() -> None:
    _put(losses.verdict_on, lambda *_: Verdict.FINE)


def _guard_each_account_alone() -> None:
    _set(Plan, "is_refused", property(lambda self: all(one.verdict is not Verdict.FINE for one in self.planned)))


def _count_no_narrowed_all() -> None:
    losses_of = losses.losses_of

    def fewer(account: Account, desired: Iterable[Desired], deliveries: losses.Deliveries) -> tuple[Loss, ...]:
        keys = [account.provider.key_of(fields) for fields, _ in deliveries.staying(account.provider)]
        receiving = {key.receiver for key in keys if key is not None}
        found = losses_of(account, desired, deliveries)
        return tuple(loss for loss in found if (loss.endpoint, loss.scope) not in receiving)

    _put(losses_of, fewer)


def _go_on_with_half_a_list() -> None:
    list_all = paging.list_all

    def half(fetch: Callable[[str], paging.Page], first: str, **options: Any) -> paging.Page:  # noqa: ANN401 - passed on
        try:
            return list_all(fetch, first, **options)
        except ProviderError:
            page = fetch(first)
            return paging.Page(remotes=page.remotes, count=len(page.remotes))

    _put(list_all, half)


def _write_without_reading() -> None:
    def write(writer: Any, _provider: Provider, one: Any) -> Result:  # noqa: ANN401 - as it is
        try:
            if one.action is Action.DELETE:
                writer.delete(one.remote.id)
            else:
                writer.update(one.remote.id, one.wanted, one.remote)
        except ProviderError as error:
            return change.failed(one, error)
        return Result(change=one, outcome=Outcome.DONE, object_id=one.remote.id)

    _put(change.write, write)


def _take_lost_for_done() -> None:
    failed = change.failed

    def done(one: Any, error: ProviderError) -> Result:  # noqa: ANN401 - as it is
        found = failed(one, error)
        return replace(found, outcome=Outcome.DONE, error=None) if found.outcome is Outcome.UNKNOWN else found

    _put(failed, done)
    _put(change.verified, lambda _reader, _provider, result, _sleep: result)


def _show_urls() -> None:
    _set(Redaction, "show", lambda _self, url: url.reveal())
    _set(Redaction, "show_endpoint", lambda _self, url: url.reveal())
    _set(Redaction, "show_change", lambda _self, before, after: (before.reveal(), after.reveal()))


def _leave_out_active() -> None:
    made, changed = create_body, update_body
    _put(made, lambda provider, api, fields, place: made(provider, api, {**fields, "active": True}, place))
    _put(changed, lambda provider, api, call, fields: changed(provider, api, call, {**fields, "active": True}))


def _follow_redirects() -> None:
    made, send = Session.__init__, Session.send
    headers: dict[Session, dict[str, str]] = {}

    def make(self: Session, *where: Any, authorization: tuple[str, SecretText], **said: Any) -> None:  # noqa: ANN401
        made(self, *where, authorization=authorization, **said)
        headers[self] = {authorization[0]: authorization[1].reveal()}

    def follow(self: Session, request: ApiRequest) -> Reply | NoReply:
        reply = send(self, request)
        if isinstance(reply, Reply) and reply.redirect:
            try:
                requests.get(reply.redirect, headers=headers[self], timeout=0.2)
            except requests.RequestException:
                return reply
        return reply

    _set(Session, "__init__", make)
    _set(Session, "send", follow)


def _end_well_always() -> None:
    report = outcome.report_outcome
    _put(report, lambda view: replace(report(view), code=0))


def _create_what_is_off() -> None:
    _set(Provider, "lists_inactive", True)  # noqa: FBT003 - its value


def _take_any_plan_for_the_saved_one() -> None:
    _set(SavedPlan, "differences", lambda *_: ())


def _update_what_is_ignored() -> None:
    def wanted(desired: Desired, _remote: Fields) -> Fields:
        return desired.fields

    _put(compare.wanted_fields, wanted)


def _switch_on_no_more() -> None:
    update_of = match.update_of

    def other(provider: Provider, desired: Desired, remote: Remote) -> Any:  # noqa: ANN401 - as it is
        found = update_of(provider, desired, remote)
        return None if found is not None and found.fields and found.fields[0].name == "active" else found

    _put(update_of, other)


def _back_up_without_secrets() -> None:
    _put(write.env_text, lambda values: "".join(f"{name}='lost'\n" for name in values))


DEFECTS: Mapping[str, Callable[[], None]] = {
    "a lost create is sent again without a look": _resend_lost_creates,
    "what narrows comes first": _narrow_first,
    "the first page is taken for the list": _trust_the_first_page,
    "successors aren't looked at before a webhook is narrowed": _wait_for_nothing,
    "what moves doesn't wait for its new place": _wait_only_at(_is_at_its_endpoint),
    "another event or kind at its endpoint isn't waited for": _wait_only_at(_is_elsewhere),
    "creates aren't waited for": _wait_for(lambda change: change.action is not Action.CREATE),
    "what is switched on isn't waited for": _wait_for(lambda change: change.reason is not Reason.SWITCHED_OFF),
    "updates in place aren't waited for": _wait_for(_is_switch_on_or_create),
    "only deletes wait": _wait_only_at(lambda change, _found, _widening: change.action is Action.DELETE),
    "what absent names doesn't wait": _wait_only_at(
        lambda change, _found, _widening: change.reason is not Reason.NAMED_ABSENT
    ),
    "the guards aren't judged again": _judge_the_guards_once,
    "a move that can be read two ways is one": _pair_whatever_is_alike,
    "a delete beside a create is no loss": _lose_nothing_by_deletes_beside_creates,
    "three losses are always allowed": _allow_three_losses,
    "secrets aren't compared": _compare_without_secrets,
    "is_test isn't part of the key": _match_without_kind,
    "duplicates aren't looked for after creates": _forget_duplicates_after_creates,
    "the newest duplicate stays": _keep_the_newest,
    "what nobody owns is deleted": _claim_instead(Claim.NONE, Claim.OWNED),
    "protect is forgotten": _claim_instead(Claim.PROTECTED, Claim.OWNED),
    "known is forgotten": _claim_instead(Claim.KNOWN, Claim.OWNED),
    "absent is forgotten": _claim_instead(Claim.ABSENT, Claim.NONE),
    "the guard is forgotten": _forget_the_guard,
    "a guard refuses only its own account": _guard_each_account_alone,
    "what is narrowed is no loss": _count_no_narrowed_all,
    "half a list is enough": _go_on_with_half_a_list,
    "writes come without a read": _write_without_reading,
    "a lost answer counts as done": _take_lost_for_done,
    "URLs are shown whole": _show_urls,
    "active is always sent as true": _leave_out_active,
    "redirects are followed": _follow_redirects,
    "every apply ends with 0": _end_well_always,
    "what is off is created": _create_what_is_off,
    "a stale plan is carried out": _take_any_plan_for_the_saved_one,
    "ignored fields are updated": _update_what_is_ignored,
    "what was switched off stays off": _switch_on_no_more,
    "a backup has no secrets": _back_up_without_secrets,
}
"""What is wrong, and how to plant it."""

"""Defects that can be planted into a running command, to see that the fault run finds each of them.

Each stands for a mistake that somebody could make in earnest. They are planted only into processes that end with their
run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import requests

from reconciler.cli.saved import SavedPlan
from reconciler.export import write
from reconciler.http import retry
from reconciler.http.exchange import NoReply, Reply, Request
from reconciler.http.transport import Session
from reconciler.model.plan import Action, Change, Claim, Phase, Plan, Reason, Verdict
from reconciler.model.provider import Provider
from reconciler.model.reading import ProviderError
from reconciler.model.redaction import Redaction
from reconciler.model.report import Outcome, Result
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote
from reconciler.operations import change
from reconciler.operations.account import AccountRun, Holds
from reconciler.planning import changes, compare, losses, match
from reconciler.planning.claim import Claims
from reconciler.planning.successors import Widening
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
    _set(retry, "REPEATABLE_METHODS", frozenset({"GET", "PUT", "DELETE", "POST"}))


def _narrow_first() -> None:
    _set(AccountRun, "_is_standing", lambda *_: True)  # else what isn't there yet holds everything back
    _set(AccountRun, "_is_finished", lambda *_: True)
    widen, narrow = AccountRun._widen, AccountRun._narrow

    def widen_late(self: AccountRun) -> Any:  # noqa: ANN401 - as it is
        narrow(self, (), {})
        return widen(self)

    def narrow_early(self: AccountRun, duplicates: Sequence[Any], listed: Mapping[str, Remote]) -> None:
        self.found = self._narrowed(duplicates, Holds(unfinished=Widening(self._provider, ())), listed)

    _set(AccountRun, "_widen", widen_late)
    _set(AccountRun, "_narrow", narrow_early)


def _trust_the_first_page() -> None:
    follow = paging._list_once

    def once(fetch: Callable[[str], paging.Page], *rest: Any) -> paging.Listing:  # noqa: ANN401 - passed on
        def first(target: str) -> paging.Page:
            page = fetch(target)
            return replace(page, next=None, count=len(page.remotes))

        return follow(first, *rest)

    _put(follow, once)


def _skip_the_look_at_successors() -> None:
    _set(AccountRun, "_is_standing", lambda *_: True)
    _set(AccountRun, "_is_finished", lambda *_: True)


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
    return (
        change.remote is not None
        and change.remote.key is not None
        and (widening._at.get(change.remote.key.endpoint) == found)
    )


def _is_elsewhere(change: Change, found: Address, widening: Widening) -> bool:
    return not _is_at_its_endpoint(change, found, widening)


def _judge_the_guards_once() -> None:
    def unjudged(self: AccountRun, planned: Sequence[Change], _listed: Mapping[str, Remote]) -> Holds:
        del planned
        widened = (change for change in self.plan.changes if change.phase is Phase.WIDEN)
        return Holds(
            unfinished=Widening(self._provider, (one for one in widened if not self._is_finished(one.address)))
        )

    _set(AccountRun, "_holds", unjudged)


def _pair_whatever_is_alike() -> None:
    pairs = match._only_pairs

    def first(new: Any, old: Any) -> dict[Address, Address]:  # noqa: ANN401 - as it is
        found = pairs(new, old)
        for item in new.items:
            free = [one for one in old.alike(item) if one[0] not in found]
            if free and item[0] not in found:
                found[item[0]], found[free[0][0]] = free[0][0], item[0]
        return found

    _put(pairs, first)


def _allow_three_losses() -> None:
    _set(losses, "_SHARE", 1)


def _lose_nothing_by_deletes_beside_creates() -> None:
    moved = losses._moved

    def more(_provider: Provider, made: Iterable[Change]) -> Any:  # noqa: ANN401 - as it is
        every = list(made)
        creates = any(change.action is Action.CREATE for change in every)
        return [change.remote.fields for change in every if creates and change.remote is not None]

    _put(moved, more)


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
    _set(AccountRun, "_settle_creates", lambda *_: [])


def _keep_the_newest() -> None:
    choose = match.choose

    def newest(candidates: Any, **options: Any) -> match.Choice:  # noqa: ANN401 - passed on
        found = choose(candidates, **options)
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
    lost = losses._lost

    def other(provider: Provider, before: frozenset[str], after: frozenset[str]) -> tuple[str, ...]:
        return () if after else lost(provider, before, after)

    _put(lost, other)


def _go_on_with_half_a_list() -> None:
    list_all = paging.list_all

    def half(fetch: Callable[[str], paging.Page], first: str, **options: Any) -> paging.Listing:  # noqa: ANN401 - passed on
        try:
            return list_all(fetch, first, **options)
        except ProviderError:
            page = fetch(first)
            return paging.Listing(remotes=page.remotes, counts=(len(page.remotes),))

    _put(list_all, half)


def _write_without_reading() -> None:
    def update(writer: Any, _provider: Provider, one: Any) -> Result:  # noqa: ANN401 - as it is
        try:
            writer.update(one.remote.id, one.wanted)
        except ProviderError as error:
            return change.failed(one, error)
        return Result(change=one, outcome=Outcome.DONE, object_id=one.remote.id)

    def delete(writer: Any, one: Any) -> Result:  # noqa: ANN401 - as it is
        try:
            writer.delete(one.remote.id)
        except ProviderError as error:
            return change.failed(one, error)
        return Result(change=one, outcome=Outcome.DONE, object_id=one.remote.id)

    _put(change.update, update)
    _put(change.delete, delete)


def _take_lost_for_done() -> None:
    failed = change.failed

    def done(one: Any, error: ProviderError) -> Result:  # noqa: ANN401 - as it is
        found = failed(one, error)
        return replace(found, outcome=Outcome.DONE, error=None) if found.outcome is Outcome.UNKNOWN else found

    _put(failed, done)
    _set(AccountRun, "_verified", lambda _self, results: list(results))


def _show_urls() -> None:
    _set(Redaction, "_show", lambda _self, url, *_: url.reveal())


def _leave_out_active() -> None:
    made, changed = create_body, update_body
    _put(made, lambda provider, api, fields: made(provider, api, {**fields, "active": True}))
    _put(changed, lambda api, call, fields: changed(api, call, {**fields, "active": True}))


def _follow_redirects() -> None:
    send = Session.send

    def follow(self: Session, request: Request) -> Reply | NoReply:
        reply = send(self, request)
        if isinstance(reply, Reply) and reply.redirect:
            try:
                name, token = self._authorization
                requests.get(reply.redirect, headers={name: token.reveal()}, timeout=0.2)
            except requests.RequestException:
                return reply
        return reply

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
    update_of = changes.update_of

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
    "successors aren't looked at before a webhook is narrowed": _skip_the_look_at_successors,
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

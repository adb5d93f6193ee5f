"""What is decided again while a plan is carried out, by what is there then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Change, Claim, Verdict
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.losses import Deliveries, losses_of, verdict_on
from reconciler.planning.match import choose_for, duplicate_of, update_of


def settle_created(
    account: Account, desired: Desired, found: Sequence[Remote], own: AbstractSet[str]
) -> tuple[Remote, tuple[Change, ...]]:
    """The duplicate rule for a key that was created, since another run may have created it, too.

    The webhook that stays, and what it takes: the update that it needs, and deletes of its duplicates. Of what the file
    protects only webhooks with the `own` ids, made by this run, are deleted or updated.
    """
    choice = choose_for(account.provider, desired, found)
    survivor = choice.survivor
    repair = update_of(account.provider, desired, survivor)
    if repair is None and not choice.duplicates:  # as mostly
        return survivor, ()
    protected = desired.key.endpoint in account.protect
    # What this run made is not sent again what its create sent: a URL kept with other secrets.
    repeats = repair is not None and [field.name for field in repair.fields] == ["url"]
    is_left = repeats if survivor.id in own else protected
    duplicates = (other for other in choice.duplicates if not protected or other.id in own)
    deletes = tuple(duplicate_of(desired.address, other) for other in duplicates)
    return survivor, deletes if repair is None or is_left else (repair, *deletes)


def refused_narrowing(
    plan: AccountPlan, changes: Sequence[Change], stands: Callable[[Remote], bool | None]
) -> Mapping[str, Verdict]:
    """The ids of the webhooks whose loss the guards refuse, judged by the changes that are made or may still be.

    `stands` is asked whether a webhook that is to stay delivers still; None where nobody knows.
    """
    deliveries = Deliveries(owned=plan.listed(Claim.OWNED), protected=plan.protected_owned, changes=changes)
    losses = losses_of(plan.account, (), deliveries)
    verdict = verdict_on(plan.account, losses, deliveries, plan.loss_limit, stands)
    return {} if verdict is Verdict.FINE else {remote.id: verdict for loss in losses for remote in loss.remotes}

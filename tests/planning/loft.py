"""Plans for a provider that is in everything what Shippo isn't: several events on a webhook, no kinds, all listed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from reconciler.model.field import Sent
from reconciler.model.plan import AccountPlan
from reconciler.model.webhook import Remote
from reconciler.provider import health
from tests.contract.hooks import Hook, entries_of, fields_of
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import account, only, planned

OWNER = replace(account(), provider=PIGEONRY, scope=())
FIXED = replace(
    PIGEONRY,
    fields=(
        *(replace(spec, sent=Sent.CREATE) if spec.name == "format" else spec for spec in PIGEONRY.fields),
        health("well", at="state", wire=("failing", "well"), says=("state",)),
    ),
)
"""One whose `format` no update can change, and which switches webhooks off by itself."""


def loft_plan(desired: Sequence[tuple[str, Hook]], there: Sequence[Hook]) -> AccountPlan:
    """The plan of named entries and of webhooks, whose ids are their numbers."""
    return only(
        planned(
            [wanted for name, hook in desired for wanted in entries_of(PIGEONRY, "default", name, hook, ())],
            [
                Remote(id=str(number), key=PIGEONRY.key_of(fields), fields=fields)
                for number, hook in enumerate(there)
                for _, fields in fields_of(PIGEONRY, hook, ())
            ],
            [OWNER],
        )
    )

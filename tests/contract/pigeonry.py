"""Pigeonry as data: an invented provider that is in everything what Shippo isn't, and installed as a package would be.

Several events on one webhook, no test data, a secret that is never read back, nested settings, and other field names.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.provider import Field, FieldType, Provider, ReadsBack
from reconciler.model.webhook import Fields, Settings, Value
from reconciler.providers.installed import Installed

USUAL_SETTINGS: Settings = {"retry": {"limit": 3, "delays": [1, 5, 5]}, "headers": {}}
"""What the server fills in where nobody says anything, at any depth."""


class Pigeonry(Provider):
    """A provider whose nested settings have defaults of their own."""

    __slots__ = ()

    def normalise(self, values: Mapping[str, Value]) -> Fields:
        """The declared fields with their defaults, the settings' inner ones too."""
        fields = super().normalise(values)
        said = fields["settings"]
        return {**fields, "settings": _filled(USUAL_SETTINGS, said if isinstance(said, Mapping) else {})}


def _filled(usual: Settings, said: Mapping[str, object]) -> Settings:
    """What is said, and the usual for all else."""
    filled: dict[str, object] = {**usual, **said}
    for name, inner in usual.items():
        given = filled[name]
        if isinstance(inner, Mapping) and isinstance(given, Mapping):
            filled[name] = _filled(inner, given)
    return filled


PIGEONRY = Pigeonry(
    name="pigeonry",
    title="Pigeonry",
    resource_type="pigeonry_subscription",
    fields=(
        Field(name="target", type=FieldType.URL),
        Field(name="topics", type=FieldType.SET, default=frozenset()),
        Field(name="enabled", type=FieldType.FLAG, default=True),
        Field(name="format", type=FieldType.CHOICE, default="json"),
        Field(name="note", type=FieldType.TEXT, default=""),
        Field(name="signing_key", type=FieldType.SECRET, reads_back=ReadsBack.NEVER),
        Field(name="settings", type=FieldType.SETTINGS, default={}),
    ),
    url_field="target",
    event_field="topics",
    active_field="enabled",
    events=("bird.left", "bird.arrived", "bird.lost", "*"),
    catch_all="*",
    several_events=True,
    lists_inactive=True,
    url_limit=500,
    base_url="https://api.pigeonry.example/v3",
    token_variable="PIGEONRY_TOKEN",
    portal="the loft (Settings, Subscriptions)",
)

INSTALLED = Installed(
    declaration=PIGEONRY,
    reader="tests.contract.pigeonry_client:PigeonryReader",
    writer="tests.contract.pigeonry_client:PigeonryWriter",
)

"""pretix, whose organizers have webhooks that tell of orders. It keeps all in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.real.service import RealServer, Service, run, surroundings

TOKEN = "o0rganizers0of0these0tests0have0a0team0with0this0one0token000000"
ORGANIZER = "acme"
_TO_PREPARE = 300  # seconds; a quarter of a minute is usual
# The tables are made from the models, as pretix's own tests make them: the same ones, for a tenth of what all of its
# migrations take. A token is a team's, and a team is one organizer's: a token reaches one organizer only.
_PREPARE = f"""
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {{app.label: None for app in apps.get_app_configs()}}
call_command("migrate", run_syncdb=True, verbosity=0)

from django_scopes import scopes_disabled
from pretix.base.models import Organizer, Team
with scopes_disabled():
    organizer = Organizer.objects.create(slug="{ORGANIZER}", name="Acme")
    Organizer.objects.create(slug="other", name="Of somebody else")
    team = Team(organizer=organizer, name="api")
    for field in Team._meta.get_fields():
        if field.name.startswith("can_") or field.name.startswith("all_"):
            setattr(team, field.name, True)
    team.save()
    team.tokens.create(name="tests", token="{TOKEN}")
"""


class Pretix(Service):
    """With one organizer and a token of a team that may do everything."""

    name = "pretix"
    ready = ("/api/v1/organizers/", 200)

    def prepare(self, home: Path, data: Path) -> None:
        run([home / "bin" / "python", "-"], surroundings(self, data, 0), _TO_PREPARE, stdin=_PREPARE)

    def command(self, home: Path, data: Path, port: int) -> Sequence[str | Path]:
        del data
        return (home / "bin" / "python", "-m", "pretix", "runserver", "--noreload", f"127.0.0.1:{port}")

    def environment(self, data: Path, port: int) -> Mapping[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "pretix.settings",
            "PRETIX_DATABASE_BACKEND": "sqlite3",
            "PRETIX_MAIL_FROM": "tickets@example.com",
            "PRETIX_PRETIX_DATADIR": str(data),
            "PRETIX_PRETIX_INSTANCE_NAME": "tests",
            "PRETIX_PRETIX_URL": f"http://127.0.0.1:{port}",
        }

    def reach(self, base_url: str, pid: int, log: Path) -> RealServer:
        return RealServer(
            service=self.name,
            base_url=base_url,
            collection="/api/v1/organizers/{}/webhooks/",
            item="/{}/",
            items="results",
            headers={"Authorization": f"Token {TOKEN}"},
            token=TOKEN,
            places=(ORGANIZER,),
            is_gone=lambda hook: not hook["enabled"],
            pid=pid,
            log=log,
        )

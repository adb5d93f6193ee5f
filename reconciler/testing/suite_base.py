"""What the classes of tests of the suite share: the provider, its account at a server, and files about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from reconciler.model.field import Field, FieldType, ReadsBack, Sent
from reconciler.model.plan import Action, Change, NotPlanned
from reconciler.model.provider import Provider
from reconciler.model.reading import ProviderError
from reconciler.sandbox.documents import MASK, places_of
from reconciler.testing.bench import Bench, Entry
from reconciler.testing.plugin import option
from reconciler.testing.samples import NEW, OLD, SECRETS, Sample, samples_of
from reconciler.testing.servers import MemoryServer, Relay


class SuiteBase:
    """An account of a provider, and entries for it."""

    provider: ClassVar[Provider]
    given: ClassVar[Mapping[str, Sample]] = {}  # samples of fields whose values can't be made up

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each field that it is about."""
        samples, fields = samples_of(self.provider, self.given), {spec.name: spec for spec in self.provider.fields}
        readable = [
            name
            for name in samples
            if name in fields
            and not fields[name].is_secret
            and not fields[name].scope
            and fields[name].reads_back is ReadsBack.CLEAR
        ]
        readable += [] if fields["url"].told_at else ["url"]  # else nobody sees another secret in it
        cases = {
            "changeable": [name for name in readable if not fields[name].is_fixed],
            "create_only": [name for name in readable if fields[name].sent is Sent.CREATE],
            "set_field": [
                name
                for name, spec in fields.items()
                if spec.type in (FieldType.EVENTS, FieldType.SET) and spec.sent is not Sent.NEVER
            ],
            "secret": [
                spec.name for spec in self.provider.fields if spec.type is FieldType.SECRET and not spec.is_made
            ],
            "method": ["POST", "DELETE", self.provider.rest.update.verb if self.provider.rest else "PUT"],
        }
        for name in cases.keys() & {*metafunc.fixturenames}:
            metafunc.parametrize(name, cases[name])

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """An account at a server: the real one that the options name, or one in memory."""
        url, token, place = (option(f"provider-{name}") for name in ("url", "token", "place"))
        server = Relay(url) if url else MemoryServer(self.provider)
        with Bench(self.provider, server, token if isinstance(server, Relay) else server.token, place) as bench:
            yield bench

    @pytest.fixture
    def memory(self, bench: Bench) -> MemoryServer:
        """The server in memory, whose insides a test looks at."""
        if bench.memory is None:
            pytest.skip("needs the server in memory")
        return bench.memory

    def samples(self, side: int) -> dict[str, object]:
        """All fields of their own, before (0) or after (1)."""
        own = {spec.name for spec in self.provider.own_fields if not spec.scope}
        return {name: pair[side] for name, pair in samples_of(self.provider, self.given).items() if name in own}

    def field(self, name: str) -> Field:
        return next(spec for spec in self.provider.fields if spec.name == name)

    def _entry(self, bench: Bench, path: str = "/a") -> Entry:
        """An entry that says all fields: without its secrets, a webhook can't be replaced."""
        return bench.entry(path, **self.samples(0))

    def _around(self, bench: Bench, name: str) -> tuple[Entry, Entry]:
        """An entry before and after one field of it changes."""
        if name == "url":
            return bench.entry(f"/a?token={OLD}", **self.samples(0)), bench.entry(f"/a?token={NEW}", **self.samples(0))
        before, after = samples_of(self.provider, self.given)[name]
        common: Any = bench.entry(**self.samples(0))
        return {**common, name: before}, {**common, name: after}

    def _seen_change(self, bench: Bench, side: int) -> Entry:
        """An entry before (0) and after (1) a change that the provider's answers show."""
        if self.field("url").told_at:
            return {**self._entry(bench, "/changed"), "active": not side}
        return self._entry(bench, f"/changed?token={(OLD, NEW)[side]}")

    def _switched(self, active: bool) -> dict[str, object]:  # noqa: FBT001 - it is the value
        spec = next((spec for spec in self.provider.fields if spec.name == "active"), None)
        if spec is None or spec.says:
            return {}
        if not active and spec.is_fixed:
            pytest.skip("can't be switched off")
        return {"active": active}

    def _changes(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        return tuple(change for change in changes if change.action is not Action.NONE)

    def _secrets(self) -> list[Field]:
        return [spec for spec in self.provider.fields if spec.type is FieldType.SECRET and not spec.is_made]

    def _keeps_secrets(self, bench: Bench, expected: Mapping[str, str]) -> None:
        """See that webhooks have their secret in memory: not its mask, and not nothing."""
        if bench.memory is None:
            return
        for object_id, variable in expected.items():
            values = bench.memory.api.rows[object_id].values
            for spec in self._secrets():
                (place,) = places_of(spec)
                assert values.get(place) not in (None, "", MASK), f"an update took `{spec.name}` away"
                assert values.get(place) == SECRETS[variable.strip("${}")]

    def _verb(self) -> str:
        return self.provider.rest.update.verb if self.provider.rest is not None else "PUT"

    def _error(self, bench: Bench, *, token: str = "", base_url: str = "") -> ProviderError:
        """Why an account was not planned."""
        run = bench.plan({"a": bench.entry()}, token=token, base_url=base_url)
        (account,) = run.plan.accounts
        assert isinstance(account, NotPlanned)
        assert not run.plan.has_changes
        return account.error

"""Providers that packages bring along, the broken ones too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
from msgspec.structs import replace

from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import Account
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.provider import ProviderPlugin
from reconciler.providers import registry
from reconciler.providers.registry import INSTALLED, ContainedClient, built_in, open_reader, open_writer
from reconciler.providers.rest import RestReader, RestWriter
from reconciler.providers.shippo import SHIPPO

from .tools import Run, account

OTHER = replace(SHIPPO, name="other", title="Other")


class OtherClient:
    def __init__(self, opened: Account, context: ClientContext) -> None:
        self.opened = (opened, context)


def fail(*_: object) -> object:
    raise RuntimeError("swordfish")


def deny(*_: object) -> object:
    raise ProviderError(kind=ErrorKind.DENIED, message="no")


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that an installed package could have."""
    module = ModuleType("other_provider")
    module.__dict__.update(
        PLUGIN=ProviderPlugin(
            interface=1, provider=OTHER, reader="other_provider:Reader", writer="other_provider:Writer"
        ),
        Reader=OtherClient,
        Writer=fail,
        deny=deny,
        NOTHING=None,
    )
    monkeypatch.setitem(sys.modules, "other_provider", module)
    return module


def installed(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    found = tuple(EntryPoint(name=name, value=value, group=registry.GROUP) for name, value in points)
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: found if group == registry.GROUP else ())


def other_account(provider: Provider = OTHER) -> Account:
    return Account(name="a", provider=provider, token=SecretText.literal("t"), base_url="https://x.example")


def broken(call: Callable[[], object]) -> str:
    with pytest.raises(ProviderError) as caught:
        call()
    assert caught.value.kind is ErrorKind.REFUSED
    assert caught.value.__context__ is None
    assert "swordfish" not in str(caught.value)
    return caught.value.message


def test_shippo_is_there_without_a_look_at_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "entry_points", fail)
    run = Run()
    assert INSTALLED["shippo"] is SHIPPO
    reader, writer = (opener(account("http://127.0.0.1:1"), run.context) for opener in (open_reader, open_writer))
    assert (type(reader), type(writer)) == (RestReader, RestWriter)


def test_a_reader_cannot_change_anything() -> None:
    reader = open_reader(account("http://127.0.0.1:1"), Run().context)
    assert [name for name in ("create", "update", "delete") if hasattr(reader, name)] == []


def test_an_installed_provider_is_found_and_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("other", "other_provider:PLUGIN"))
    assert INSTALLED["other"] is OTHER
    assert [*INSTALLED] == [*(provider.name for provider in built_in()), "other"]
    opened, context = other_account(), Run().context
    reader = open_reader(opened, context)
    assert isinstance(reader, ContainedClient)


def test_an_unknown_name_is_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    assert INSTALLED.get("shipo") is None
    assert broken(lambda: open_reader(other_account(), Run().context)) == "provider `other` not found"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("other_provider:NOTHING", "`other_provider:NOTHING` is not a `ProviderPlugin`", id="nothing"),
        pytest.param(
            "other_provider:MISSING", "loading `other_provider:MISSING` raised AttributeError", id="no-such-name"
        ),
        pytest.param(
            "no_such_module:X",
            "loading `no_such_module:X` raised ModuleNotFoundError (no module `no_such_module`)",
            id="no-module",
        ),
    ],
)
def test_a_broken_package_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch, value: str, reason: str) -> None:
    installed(monkeypatch, ("other", value))
    expected = f"the provider `other` of the package `?` can't be used: {reason}"
    assert broken(lambda: INSTALLED["other"]) == expected
    assert broken(lambda: open_writer(other_account(), Run().context)) == expected


def test_a_declaration_under_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("another", "other_provider:PLUGIN"))
    assert broken(lambda: INSTALLED["another"]) == (
        "the provider `another` of the package `?` can't be used: it is declared as `other`"
    )


def test_two_packages_with_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("other", "other_provider:PLUGIN"), ("other", "other_provider:NOTHING"))
    assert broken(lambda: INSTALLED["other"]) == "several packages provide `other`: `?` and `?`"


def test_no_package_replaces_the_built_in_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("shippo", "other_provider:PLUGIN"))
    assert INSTALLED["shippo"] is SHIPPO


def test_a_client_that_cannot_be_opened_is_told_without_its_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("other", "other_provider:PLUGIN"))
    assert broken(lambda: open_writer(other_account(), Run().context)) == (
        "the provider `other` of the package `?` can't be loaded: `other_provider:Writer` raised RuntimeError "
        f"({__file__}, line {fail.__code__.co_firstlineno + 1})"
    )


def test_what_a_client_says_of_its_provider_comes_through(monkeypatch: pytest.MonkeyPatch, package: ModuleType) -> None:
    installed(monkeypatch, ("other", "other_provider:PLUGIN"))
    package.__dict__["Reader"] = deny
    with pytest.raises(ProviderError, match=r"^no$"):
        open_reader(other_account(), Run().context)


def test_entry_points_of_installed_packages_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "other_provider-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-provider\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reconciler.providers]\nother = other_provider:NOTHING\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert broken(lambda: INSTALLED["other"]) == (
        "the provider `other` of the package `other-provider` can't be used: "
        "`other_provider:NOTHING` is not a `ProviderPlugin`"
    )

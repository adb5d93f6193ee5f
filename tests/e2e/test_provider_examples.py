"""Each provider's example has every key that it has, is valid, and is planned; five accounts are, side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.provider import Provider
from reconciler.providers.registry import INSTALLED, built_in
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.declared import DeclaredApi, DeclaredSandbox
from reconciler.sandbox.server import Sandbox
from tests.support.empty import empty_server
from tests.support.here import main_here

EXAMPLES = Path(__file__).parents[2] / "examples" / "providers"
NAMES = [provider.name for provider in built_in()]


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")


def variables(text: str) -> dict[str, str]:
    """A value for each variable of a file; for a token one of its provider's kind."""
    kinds = {one.auth.variable: one.auth.kinds[0].prefix for one in built_in() if one.auth.kinds}
    tokens = re.findall(r"^    token: \$\{(\w+)\}", text, re.MULTILINE)
    return {
        name: f"{kinds.get(name, '')}v4lue-of-{(tokens[0] if name in tokens else name).lower()}"
        for name in re.findall(r"\$\{(\w+)\}", text)
    }


def at(text: str, base_url: str) -> str:
    """A file whose accounts are at this address."""
    without = re.sub(r"^    base_url: .*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^(    provider: .*\n)", rf"\1    base_url: {base_url}\n", without, flags=re.MULTILINE)


def run(folder: Path, text: str, *arguments: str) -> tuple[int, str, str]:
    (folder / "webhooks.yaml").write_text(text, encoding="utf-8")
    return main_here(folder, arguments, variables(text))


def test_each_provider_has_an_example_and_each_example_a_provider() -> None:
    assert sorted(path.stem for path in EXAMPLES.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("provider", built_in(), ids=NAMES)
def test_an_example_says_every_key(provider: Provider) -> None:
    document = yaml.safe_load(example(provider.name))
    said = {key for entry in document["webhooks"].values() for key in entry}
    own = {spec.name for spec in provider.own_fields} | {
        spec.name for spec in provider.fields if spec.name in provider.switches
    }
    assert own - said == set()
    said = {key for account in document["accounts"].values() for key in account}
    keys = {*(one.name for one in provider.settings), *(one.setting for one in provider.places)}
    keys |= {provider.auth.kind_setting} - {""} | (set() if provider.base_url else {"base_url"})
    assert keys - said == set()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_and_is_planned(tmp_path: Path, name: str) -> None:
    host = re.search(r"--allow-host (\S+[^`.\s])", example(name))
    code, out, err = run(tmp_path, example(name), "validate", "--strict", *(["--allow-host", host[1]] if host else []))
    assert code == 0, out + err
    with empty_server(INSTALLED[name]) as base_url:
        code, out, err = run(tmp_path, at(example(name), base_url), "plan", "--detailed-exitcode")
        assert code == 2, out + err
    assert not any(value in out + err for value in variables(example(name)).values())


@contextmanager
def sandbox(provider: Provider, token: str) -> Iterator[str]:
    """The sandbox of a provider, which takes this token; its base URL."""
    if provider.name == "shippo":
        with Sandbox(SandboxOptions()) as shippo:
            yield shippo.base_url
        return
    options = SandboxOptions()
    with DeclaredSandbox(DeclaredApi(provider, options, token=token), provider, options) as server:
        yield server.base_url


@pytest.mark.parametrize("provider", built_in(), ids=NAMES)
def test_an_example_is_applied_on_its_own_sandbox_and_then_in_step(tmp_path: Path, provider: Provider) -> None:
    text = example(provider.name)
    values = variables(text)
    token = next(values[name] for name in re.findall(r"^    token: \$\{(\w+)\}", text, re.MULTILINE))
    sink = ["--secrets-to", "made.env"] if provider.makes_secrets else []
    with sandbox(provider, token) as base_url:
        code, out, err = run(tmp_path, at(text, base_url), "apply", "--auto-approve", *sink)
        assert (code, "Apply complete" in out) == (0, True), out + err
        code, out, err = run(tmp_path, at(text, base_url), "plan", "--detailed-exitcode")
        assert code == 0, out + err
    made = (tmp_path / "made.env").read_text() if sink else ""
    assert all(name in made for name in re.findall(r"secret_to: (\w+)", text))
    assert not any(value in out + err for value in values.values())


@pytest.fixture
def side_by_side() -> Iterator[str]:
    """A file with the accounts of all examples, each provider's at a server of its own."""
    found: dict[str, Any] = {"version": 1, "accounts": {}, "owns": [], "webhooks": {}}
    with ExitStack() as stack:
        for name in NAMES:
            document = yaml.safe_load(at(example(name), stack.enter_context(empty_server(INSTALLED[name]))))
            found["accounts"] |= {f"{name}-{key}": account for key, account in document["accounts"].items()}
            found["owns"] += document["owns"]
            for key, entry in document["webhooks"].items():
                in_ = entry.pop("accounts", None) or [entry.pop("account", None) or next(iter(document["accounts"]))]
                found["webhooks"][f"{name}-{key}"] = {**entry, "accounts": [f"{name}-{account}" for account in in_]}
        found["owns"] = [*dict.fromkeys(found["owns"])]
        yield yaml.safe_dump(found, sort_keys=False)


def test_one_file_has_accounts_of_all_providers_which_are_planned_in_one_run(tmp_path: Path, side_by_side: str) -> None:
    code, out, err = run(tmp_path, side_by_side, "plan", "--detailed-exitcode")
    assert code == 2, out + err
    assert len(NAMES) >= 5
    for name in NAMES:
        assert f"({INSTALLED[name].title}" in out
        assert f"/{name}-" in out
    assert re.search(r"Plan: \d+ to create, 0 to update, 0 to delete", out), out

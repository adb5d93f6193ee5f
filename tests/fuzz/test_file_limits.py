"""The bounds of what files may hold, and of the work for it; and that below them all goes well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from reconciler.config import limits as bounds
from reconciler.config.schema import compose
from reconciler.config.shape import find_faults
from reconciler.export.names import Names
from reconciler.model.pattern import parse_pattern
from reconciler.model.secret import Origin, Part, SecretText
from tests.config.tools import ENTRY, OWNS, TOP, complaints, configuration, inputs, loaded
from tests.support.builders import url

GOOD = TOP + OWNS + ENTRY


def test_text_of_the_longest_length_is_read_and_a_longer_one_is_complained_of_once() -> None:
    texts = GOOD + "    description: {}\n"
    configuration(inputs(texts.format("a" * bounds.LONGEST_TEXT)))
    assert complaints(loaded(inputs(texts.format("a" * (bounds.LONGEST_TEXT + 1))))) == [
        ("too-much", "7:18", "more than 10000 characters begin here")
    ]


def test_key_that_is_too_long_is_complained_of_and_hides_nothing_else() -> None:
    text = GOOD + f"? {'k' * 10_001}\n: 1\nzzz: 1\n? &a {'l' * 10_001}\n: *a\n"
    assert complaints(loaded(inputs(text))) == [
        ("too-much", "7:3", "more than 10000 characters begin here"),
        ("unknown-key", "9:1", "`zzz` is not a known key of the file"),
        ("too-much", "10:3", "more than 10000 characters begin here"),
    ]


def test_values_of_variables_count_for_the_length_of_a_text() -> None:
    text = GOOD.replace("com/a", "com/${A}${A}") + "    active: ${A:-${A}}\n"
    found = loaded(inputs(text, environment={"SHIPPO_API_TOKEN": "shippo_live_x", "A": "x" * 10_000}))
    assert [code for code, _, _ in complaints(found)] == ["too-much", "boolean-value"]


def test_errors_end_the_reading_and_the_last_one_says_so() -> None:
    found = complaints(loaded(inputs(GOOD + "x-a: [" + "*b," * 10_001 + "]\n")))
    assert len(found) == bounds.MOST_DIAGNOSTICS + 1
    assert found[-2][:2] == ("yaml-alias", found[-1][1])
    assert found[-1] == ("too-much", "7:30004", "there may be more errors than these 10000")


def test_warnings_are_not_told_without_an_end_and_stop_nothing() -> None:
    owns = ", ".join(f"https://h.example.com/{number}" for number in range(10_005))
    found = loaded(inputs(TOP + OWNS.replace("]", f", {owns}]") + ENTRY))
    assert found.configuration is not None
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["owns-unused"] * 10_000 + ["too-much"]
    assert found.diagnostics[-1].message == "there are more warnings than these 10000"


def test_bounds_hold_for_all_files_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reconciler.config.load.MOST_VALUES", 1_000)
    monkeypatch.setattr("reconciler.config.files.MOST_OF_A_FILE", 5_000)
    for name in "ab":
        Path(f"{name}.yaml").write_text(TOP + f"x-{name}: [{'a,' * 600}]\n")
    Path("c.yaml").write_text(TOP + "#" * 4_000 + "\n")
    Path("good.yaml").write_text(GOOD)
    assert complaints(loaded(inputs(files=("good.yaml", "a.yaml", "b.yaml")))) == [
        ("too-much", "b.yaml:2:757", "the files have more than 1000000 keys and values")
    ]
    assert complaints(loaded(inputs(files=("good.yaml", "c.yaml", "a.yaml")))) == [
        ("too-much", "a.yaml", "with this file, the configuration has more than 5000 bytes")
    ]


def many(template: str, count: int) -> str:
    return "".join(template.format(number) for number in range(count))


ACCOUNTS = "accounts:\n" + many("  a{0}: {{provider: shippo, token: '${{A{0}}}'}}\n", 1_000)
TOO_MUCH = {
    "accounts": (
        TOP + "owns: []\nwebhooks: {}\n" + ACCOUNTS + "  more: {provider: shippo}\n",
        ("1005:3", "there are more than 1000 accounts, counting each repository or organization as one"),
    ),
    "wanted": (
        f"{TOP}{OWNS}{ACCOUNTS}defaults: {{accounts: [{many('a{0},', 1_000)}]}}\nwebhooks:\n"
        + many("  b{0}: {{url: 'https://h.example.com/{0}', events: [all]}}\n", 3),
        ("1008:3", "the entries up to here describe more than 2000 webhooks"),
    ),
    "patterns": (
        f"{TOP}webhooks: {{}}\nowns:\n" + many("- https://h.example.com/*{0}\n", 501),
        ("504:3", "the list has more than 500 patterns with a `*`"),
    ),
    "absent": (
        f"{TOP}{OWNS}webhooks: {{}}\nabsent:\n" + many("- https://h.example.com/*{0}\n", 501),
        ("505:3", "the list has more than 500 patterns with a `*`"),
    ),
    "parameters": (
        GOOD + f"public_params:\n{many('- p{0}' + chr(10), 1_001)}",
        ("1008:3", "more than 1000 parameters are listed"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_more_than_anybody_needs_is_complained_of_where_it_begins(
    text: str, expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.config.webhooks.MOST_WANTED", 2_000)
    found = complaints(loaded(inputs(text, environment={}, offline=True)))
    assert found == [("too-much", *expected)]


@pytest.mark.parametrize(("count", "shown"), [(1_000, "?page=Abc9x"), (1_001, "?page=•••••")])
def test_more_secret_parameters_than_can_be_looked_for_hide_every_value(count: int, shown: str) -> None:
    params = ", ".join(f"zz{number}" for number in range(count))
    entry = "webhooks: {a: {url: 'https://h.example.com/a?page=Abc9x', events: []}}\n"
    found = loaded(inputs(f"{TOP}{OWNS}{entry}secret_params: [{params}]\n"))
    (empty,) = [one for one in found.diagnostics if one.code == "empty-value"]
    assert shown in empty.source


# Work


@contextmanager
def counted_lines() -> Iterator[list[int]]:
    """How many lines of Python were gone through meanwhile."""
    lines = [0]

    def trace(_frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        lines[0] += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


def load(text: str) -> Callable[[], object]:
    environment = {"SHIPPO_API_TOKEN": "shippo_live_x", "A": "b"}
    return lambda: loaded(inputs(text, environment=environment))


GROWING: dict[str, Callable[[int], Callable[[], object]]] = {
    "variables-in-a-path": lambda count: load(GOOD.replace("com/a", "com/" + "${A}/" * count)),
    "variables-in-a-query": lambda count: load(GOOD.replace("com/a", "com/?" + "b=${A}&" * count)),
    "variables-in-a-pattern": lambda count: load(GOOD.replace("com/*", "com/" + "${A}/" * count)),
    "stars": lambda count: (
        lambda: parse_pattern(SecretText.literal("https://h.example.com/" + "*" * count)).matches(
            url("https://h.example.com/abc").endpoint
        )
    ),
    "items-of-all-types": lambda count: (
        lambda: find_faults(
            {
                "version": 1,
                "secret_params": [kind for number in range(count) for kind in (number, f"a{number}", [number])],
            },  # type: ignore[arg-type]
            compose({}),
        )
    ),
    "names-of-one-options": lambda count: lambda: [names.entry(["hook"]) for names in [Names()] for _ in range(count)],
    "parts": lambda count: (
        lambda: list(
            SecretText((Part("a/b", Origin.ENVIRONMENT, "A"),) * count).split("/"),
        )
    ),
}


@pytest.mark.parametrize("work", GROWING.values(), ids=GROWING)
def test_ten_times_as_much_is_ten_times_the_work(work: Callable[[int], Callable[[], object]]) -> None:
    found = []
    for count in (99, 100, 1_000):  # what only the first has is no part of it, and none is known from before
        made = work(count)
        with counted_lines() as lines:
            made()
        found.append(lines[0])
    assert found[2] <= 11 * found[1]


def test_many_stars_mean_one() -> None:
    one, many = (parse_pattern(SecretText.literal(f"https://h.example.com/a{stars}b")) for stars in ("*", "*****"))
    assert one == many
    assert many.matches(url("https://h.example.com/a/x/b").endpoint)
    assert not many.is_exact


def test_names_take_the_lowest_number_that_is_free_and_fits() -> None:
    names = Names(entries=["hook", "hook-3"], environment={"HOOK_A": "1", "HOOK_A_2": "2", "HOOK_A_3": "1"})
    assert [names.entry(["hook"]) for _ in range(3)] == ["hook-2", "hook-4", "hook-5"]
    assert [names.variable(value, "a") for value in "1234"] == [
        "${HOOK_A}",
        "${HOOK_A_2}",
        "${HOOK_A_4}",
        "${HOOK_A_5}",
    ]


@pytest.mark.parametrize("blank", [" ", "\t", "\N{NO-BREAK SPACE}"])
def test_blanks_without_an_end_in_an_env_file_are_complained_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for count, expected in ((200, []), (201, [("env-file-line", ".env:2")])):
        Path(".env").write_text(f"A=b\nB=c{blank * count}d\n")
        assert [found[:2] for found in complaints(loaded(inputs(GOOD, env_files=(".env",))))] == expected

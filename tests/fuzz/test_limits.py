"""The bounds themselves: of lists, texts, complaints, and the work for each; and that below them all goes well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from reconciler.config import bounds
from reconciler.config.schema import find_faults
from reconciler.model.pattern import parse_pattern
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Url
from reconciler.model.webhook import Remote
from reconciler.planning.describe import Names
from reconciler.providers import paging, shippo_answers
from reconciler.providers.paging import Page, list_all, size_of
from reconciler.providers.shippo_answers import UnexpectedAnswer, page_of, remote_of
from tests.config.tools import ENTRY, OWNS, TOP, complaints, configuration, inputs, loaded
from tests.support.builders import hook, url

GOOD = TOP + OWNS + ENTRY
ORIGIN = "http://127.0.0.1:1"
LIST = "the provider's list of webhooks"
REPORT = "Nothing is changed in an account that can't be listed whole; report it to the provider."


# Lists


def listed(fetch: Callable[[str], Page], now: Callable[[], float] = lambda: 0.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        list_all(fetch, "/webhooks", origin=ORIGIN, trust_count=False, told=lambda _: None, now=now)
    return caught.value


def endless(**more: Any) -> Callable[[str], Page]:  # noqa: ANN401 - what a page has
    """Pages without an end, each with a webhook that wasn't on one before."""
    numbers = iter(range(10**9))

    def fetch(_: str) -> Page:
        number = next(numbers)
        return Page(**{"remotes": (hook(str(number)),), "count": None, "next": f"?page={number}"} | more)

    return fetch


def test_list_that_takes_longer_than_its_time_is_one_without_an_end() -> None:
    seconds = iter(range(0, 10**9, 60))  # a page a minute
    asked: list[str] = []
    fetch = endless()

    def slow(target: str) -> Page:
        asked.append(target)
        return fetch(target)

    error = listed(slow, lambda: float(next(seconds)))
    assert (error.kind, error.message, error.help) == (ErrorKind.GARBLED, f"{LIST} doesn't end", REPORT)
    assert len(asked) == 60


def test_list_that_is_larger_than_any_is_not_listed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "LARGEST", 10 * size_of(hook("1")))
    error = listed(endless())
    assert (error.kind, error.message) == (ErrorKind.GARBLED, f"{LIST} is larger than any account's")


def test_page_that_is_larger_than_any_list_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shippo_answers, "LARGEST", 10 * size_of(hook("1")))

    def results() -> Iterator[dict[str, str]]:
        yield from ({"object_id": str(number), "event": "all", "url": "https://h.example.com/"} for number in range(20))
        raise AssertionError("the bound was passed")

    class Results(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            return results()

    with pytest.raises(UnexpectedAnswer, match="has more webhooks, or larger ones, than any account"):
        page_of({"results": Results(), "count": 30}, BUILT_IN_SECRET_PARAMS)


def test_next_page_that_is_too_long_is_not_asked_for() -> None:
    error = listed(endless(next="?" + "a" * paging.LONGEST_NEXT))
    assert error.message == "the provider's list names a next page that is no valid URL"


def test_counts_that_differ_on_every_page_are_not_all_said() -> None:
    def fetch(target: str) -> Page:
        number = int(target.partition("page=")[2] or 0)
        following = f"?page={number + 1}" if number < 99 else None
        return Page(remotes=(hook(str(number)),), count=number, next=following)

    with pytest.raises(ProviderError) as caught:
        list_all(fetch, "/webhooks", origin=ORIGIN, trust_count=True, told=lambda _: None)
    assert str(caught.value) == (
        "the provider counts 0 and then 1 and then 2 and then 3 and then 4 and lists 100 webhooks, 3 times"
    )


def remote(address: str) -> Remote:
    return remote_of({"object_id": "1", "event": "all", "url": address}, BUILT_IN_SECRET_PARAMS)


@pytest.mark.parametrize("beginning", ["https://h.example.com/", "https://h.example.com/?"])
def test_url_that_is_too_long_is_one_that_nothing_matches(beginning: str) -> None:
    fits, too_long = (beginning.ljust(length, "a") for length in (10_000, 10_001))
    assert isinstance(remote(fits).fields["url"], Url)
    assert (remote(too_long).key, remote(too_long).fields["url"]) == (None, SecretText.provider(too_long))


def test_of_unknown_fields_a_hundred_are_named() -> None:
    document = {"object_id": "1", "event": "all", "url": "x", **{f"k{number:03}": 1 for number in range(101)}}
    assert remote_of(document, BUILT_IN_SECRET_PARAMS).unknown == tuple(f"k{number:03}" for number in range(100))


@pytest.mark.parametrize(
    ("path", "parts"), [("/a" * 300, 300), ("/?" + "a&" * 300, 300), ("/a?token=x", 2)], ids=["path", "query", "usual"]
)
def test_size_counts_the_parts_of_a_url(path: str, parts: int) -> None:
    assert size_of(hook("1", path)) > 300 * parts
    assert size_of(hook("1", path)) < 300 * parts + 4 * len(path) + 4_000


# Files


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
        ("unknown-key", "9:1", "`zzz` is no key of the file"),
        ("too-much", "10:3", "more than 10000 characters begin here"),
    ]


def test_values_of_variables_count_for_the_length_of_a_text() -> None:
    text = GOOD.replace("com/a", "com/${A}${A}") + "    active: ${A:-${A}}\n"
    found = loaded(inputs(text, environment={"SHIPPO_API_TOKEN": "shippo_live_x", "A": "x" * 10_000}))
    assert [code for code, _, _ in complaints(found)] == ["too-much", "boolean-value"]


def test_errors_end_the_reading_and_the_last_one_says_so() -> None:
    found = complaints(loaded(inputs(GOOD + "x-a: [" + "*b," * 10_001 + "]\n")))
    assert len(found) == bounds.MOST_COMPLAINTS + 1
    assert found[-2][:2] == ("yaml-alias", found[-1][1])
    assert found[-1] == ("too-much", "7:30004", "there may be more errors than these 10000")


def test_warnings_are_not_told_without_an_end_and_stop_nothing() -> None:
    events = ",".join(f"new-{number}" for number in range(10_005))
    found = loaded(inputs(GOOD.replace("track_updated", events)))
    assert found.configuration is not None
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["event-unknown"] * 10_000 + ["too-much"]
    assert found.diagnostics[-1].message == "there are more warnings than these 10000"


def test_bounds_hold_for_all_files_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reconciler.config.load.MOST_VALUES", 1_000)
    monkeypatch.setattr("reconciler.config.sources.MOST_OF_A_FILE", 5_000)
    for name in "ab":
        Path(f"{name}.yaml").write_text(TOP + f"x-{name}: [{'a,' * 600}]\n")
    Path("c.yaml").write_text(TOP + "#" * 4_000 + "\n")
    Path("good.yaml").write_text(GOOD)
    assert complaints(loaded(inputs(files=("good.yaml", "a.yaml", "b.yaml")))) == [
        ("too-much", "b.yaml:2:757", "the files hold more than 1000000 keys and values")
    ]
    assert complaints(loaded(inputs(files=("good.yaml", "c.yaml", "a.yaml")))) == [
        ("too-much", "a.yaml", "with this file all together hold more than 5000 bytes")
    ]


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
            }  # type: ignore[arg-type]
        )
    ),
    "names-of-one-wish": lambda count: lambda: [names.entry("hook") for names in [Names()] for _ in range(count)],
    "parts": lambda count: (
        lambda: list(
            SecretText((Part("a/b", Origin.ENVIRONMENT, "A"),) * count).split("/"),
        )
    ),
}


@pytest.mark.parametrize("work", GROWING.values(), ids=GROWING)
def test_ten_times_as_much_is_ten_times_the_work(work: Callable[[int], Callable[[], object]]) -> None:
    found = []
    for count in (100, 100, 1_000):
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
    assert [names.entry("hook") for _ in range(3)] == ["hook-2", "hook-4", "hook-5"]
    assert [names.variable(value, "a") for value in "12121"] == [
        "HOOK_A",
        "HOOK_A_2",
        "HOOK_A_3",
        "HOOK_A_4",
        "HOOK_A_5",
    ]


@pytest.mark.parametrize("blank", [" ", "\t", "\N{NO-BREAK SPACE}"])
def test_blanks_without_an_end_in_an_env_file_are_complained_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for count, expected in ((200, []), (201, [("env-file-line", ".env:2")])):
        Path(".env").write_text(f"A=b\nB=c{blank * count}d\n")
        assert [found[:2] for found in complaints(loaded(inputs(GOOD, env_files=(".env",))))] == expected

"""The least possible plan: `python -m benchmarks.least_plan FILE [--readers 10]`, or only reads it with `--offline`.

With `--apply` it makes all creates, `--workers` at once, and lists again.

What any tool must do for a plan, and no more: read the YAML with the place of each value (libyaml's events), list the
webhooks (`http.client`), compare both by dictionaries, and say what would change. It checks nothing, hides nothing and
repairs nothing; it exits with 2 where there are changes. It is what `reconciler plan`, `validate` and `apply` are
measured by.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any, NamedTuple

from yaml import (
    CSafeLoader,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    parse,
)

PAGE = 100  # webhooks


class Placed(NamedTuple):
    """A value of the file, and where it stands. Mappings and lists hold such values in turn."""

    value: Any
    line: int
    column: int


class Wanted(NamedTuple):
    """A webhook of the file, and where its entry stands."""

    name: str
    url: str
    line: int
    column: int


Key = tuple[str, str]  # the URL without its query, and the event


def read(path: str) -> Any:  # noqa: ANN401 - YAML
    """What the file holds, in `Placed` values."""
    with open(path, "rb") as file:  # noqa: PTH123 - `pathlib` takes a while to load
        return _value(parse(file, Loader=CSafeLoader)).value


def _value(events: Iterator[Any]) -> Placed:
    """The document of these events."""
    outer: list[tuple[Any, Placed, str | None]] = []
    holder: Any = None
    key: str | None = None
    for event in events:
        kind = type(event)
        if kind is ScalarEvent:
            if key is None and type(holder) is dict:
                key = event.value
                continue
            made = Placed(event.value, event.start_mark.line, event.start_mark.column)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            value: Any = {} if kind is MappingStartEvent else []
            outer.append((holder, Placed(value, event.start_mark.line, event.start_mark.column), key))
            holder, key = value, None
            continue
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            holder, made, key = outer.pop()
            if not outer:
                return made
        else:
            continue
        if type(holder) is dict:
            holder[key], key = made, None
        else:
            holder.append(made)
    raise SystemExit("the file is empty")


def wanted_of(document: Mapping[str, Placed], variables: Mapping[str, str]) -> dict[Key, Wanted]:
    """The webhooks of the file by URL and event."""
    found = {}
    for name, (entry, line, column) in document["webhooks"].value.items():
        url = entry["url"].value
        if "${" in url:
            for variable, value in variables.items():
                url = url.replace(f"${{{variable}}}", value)
        endpoint = url.partition("?")[0]
        for event in entry["events"].value:
            found[endpoint, event.value] = Wanted(name, url, line, column)
    return found


def listed(address: str, token: str, readers: int) -> list[dict[str, Any]]:
    """The webhooks of the account: page by page as `next` leads, or with several readers by `count`."""
    first = _pages(address, token, f"/webhooks?results={PAGE}")
    page = next(first)
    found: list[dict[str, Any]] = page["results"]
    if readers == 1:
        return found + [one for each in first for one in each["results"]]
    first.close()
    numbers = range(2, -(-page["count"] // PAGE) + 1)
    shares = [numbers[at::readers] for at in range(readers)]
    with ThreadPoolExecutor(readers) as threads:
        parts = threads.map(lambda share: list(_numbered(address, token, share)), shares)
    return found + [one for part in parts for one in part]


def _pages(address: str, token: str, target: str | None) -> Generator[dict[str, Any]]:
    with closing(HTTPConnection(address)) as connection:
        while target:
            page = _fetched(connection, token, target)
            target = page["next"] and "/" + page["next"].split("/", 3)[3]
            yield page


def _numbered(address: str, token: str, numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    with closing(HTTPConnection(address)) as connection:
        for number in numbers:
            yield from _fetched(connection, token, f"/webhooks?page={number}&results={PAGE}")["results"]


def _fetched(connection: HTTPConnection, token: str, target: str) -> dict[str, Any]:
    connection.request("GET", target, headers={"Authorization": f"ShippoToken {token}"})
    page: dict[str, Any] = json.loads(connection.getresponse().read())
    return page


def compared(
    wanted: Mapping[Key, Wanted], remotes: Iterable[Mapping[str, Any]]
) -> tuple[list[Key], list[Wanted], list[str]]:
    """What is to be created, changed and deleted."""
    there = {(one["url"].partition("?")[0], one["event"]): one for one in remotes if not one["is_test"]}
    missing = [key for key in wanted if key not in there]
    both = ((one, there[key]) for key, one in wanted.items() if key in there)
    changed = [one for one, remote in both if remote["url"] != one.url or not remote["active"]]
    return missing, changed, [one["object_id"] for key, one in there.items() if key not in wanted]


def create(address: str, token: str, missing: list[tuple[Key, Wanted]], workers: int) -> None:
    """Make all creates, so many at once, each worker on a connection of its own."""

    def work(share: Iterable[tuple[Key, Wanted]]) -> None:
        headers = {"Authorization": f"ShippoToken {token}", "Content-Type": "application/json"}
        with closing(HTTPConnection(address)) as connection:
            for (_, event), one in share:
                body = {"url": one.url, "event": event, "active": True, "is_test": False}
                connection.request("POST", "/webhooks", json.dumps(body).encode(), headers)
                json.loads(connection.getresponse().read())

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(work, [missing[at::workers] for at in range(workers)]))


def _number(options: list[str], name: str) -> int:
    return int(options[options.index(name) + 1]) if name in options else 1


def main() -> None:
    """Plan, and print how much is to be done; or do it, and print how much is left."""
    path, *options = sys.argv[1:]
    document = read(path)
    wanted = wanted_of(document, {"HOOK_TOKEN": os.environ["HOOK_TOKEN"]} if "HOOK_TOKEN" in os.environ else {})
    if "--offline" in options:
        print(f"{len(wanted)} webhooks")
        return
    address = document["accounts"].value["live"].value["base_url"].value.removeprefix("http://")
    token, readers = os.environ["SHIPPO_API_TOKEN"], _number(options, "--readers")
    parts = compared(wanted, listed(address, token, readers))
    if "--apply" in options:
        create(address, token, [(key, wanted[key]) for key in parts[0]], _number(options, "--workers"))
        parts = compared(wanted, listed(address, token, readers))
    counts = [len(part) for part in parts]
    print("{} to create, {} to change, {} to delete".format(*counts))
    sys.exit(2 if any(counts) else 0)


if __name__ == "__main__":
    main()

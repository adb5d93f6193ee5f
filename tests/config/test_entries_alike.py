"""An entry that is made like an earlier one is what reading it would make."""

from __future__ import annotations

from collections.abc import Mapping
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.entry import EntriesAlike
from reconciler.model.url import Url
from tests.config.tools import inputs, loaded

_TOP = """\
version: 1
x-one: &one [track_updated]
x-both: &both [track_updated, batch_created]
x-url: &url https://h.example.com/aliased?token=${T}
accounts:
  live: {provider: shippo, token: '${LIVE}', mode: live}
  test: {provider: shippo, token: '${TEST}', mode: test}
  code: {provider: github, token: '${CODE}', repositories: [acme/web, 'acme/svc-*']}
owns: ['https://h.example.com/*', 'https://*.example.org/*']
"""
_ENVIRONMENT = {"LIVE": f"shippo_live_{'0' * 40}", "TEST": f"shippo_test_{'0' * 40}", "CODE": "ghp_" + "a" * 36} | {
    "T": "Qx7vRt2mZk9pLw4n"
}
_DEFAULTS = st.sampled_from(
    [
        "{account: live}",
        "{accounts: [live, test]}",
        "{account: live, active: false}",
        "{account: live, ignore_changes: [active]}",
        "{account: code, content_type: form}",
        "{account: code, secret: '${T}', secret_since: 2026-11-01}",
        "{account: 'code:acme/web'}",
        "{account: live, content_type: json}",
        "{}",
    ]
)
_GOOD_URLS = [f"https://h.example.com/{path}?token=${{T}}" for path in ("a", "b", "shop-1", "c")]
_GOOD_URLS += ["https://h.example.com/d", "https://x.example.org/?token=${T}", "https://x.example.org/?a=1", "*url"]
_URLS = [f"https://h.example.com/{path}?token=${{T}}" for path in ("a8f3kq92mz7x", "../c", "")]
_URLS += [f"https://h.example.com/{path}" for path in ("${T}", "word/" * 60)]
_URLS += [f"https://x.example.org/{query}" for query in ("?token=${NOT_SET}", "?token=in-clear")]
_URLS += ["https://u:p@h.example.com/a?token=${T}", "https://elsewhere.example.net/a?token=${T}"]
_GOOD_EVENTS = ["[track_updated]", "[batch_created, track_updated]", "[push]", "[all]", "*one", "*both"]
_EVENTS = ["[track_updated, track_updated]", "['${T}']", "[nonsense]"]
_MORE = ["account: test", "account: live", "active: false", "description: x", "is_test: true"]


def _entries(urls: list[str], events: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    said = {"url": urls, "events": events, "more": [""] * 6 + _MORE}
    entry = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in said.items()})
    return st.lists(entry, min_size=2, max_size=8)


def _everything(text: str) -> tuple[object, ...]:
    """What a load found, down to where each part of a URL comes from."""
    found = loaded(inputs(text, environment=_ENVIRONMENT))
    wanted = () if found.configuration is None else found.configuration.desired
    urls = [url for one in wanted if isinstance(url := one.fields["url"], Url)]
    parts = [(url.source.parts, url.items, url.endpoint, url.secrets) for url in urls]
    return found.diagnostics, wanted, [dict(one.fields) for one in wanted], parts


@given(
    defaults=_DEFAULTS,
    entries=_entries(_GOOD_URLS, _GOOD_EVENTS) | _entries(_GOOD_URLS + _URLS, _GOOD_EVENTS + _EVENTS),
)
def test_it_makes_no_difference(defaults: str, entries: list[Mapping[str, str]]) -> None:
    text = f"{_TOP}defaults: {defaults}\nwebhooks:\n"
    for number, one in enumerate(entries):
        more = f"    {one['more']}\n" if one["more"] else ""
        text += f"  e{number}:\n    url: {one['url']}\n    events: {one['events']}\n{more}"
    with patch.object(EntriesAlike, "entry", lambda *_: None):
        expected = _everything(text)
    assert _everything(text) == expected


def test_most_entries_are_made_so() -> None:
    made: list[object] = []
    entry = EntriesAlike.entry

    def counted(*arguments: object) -> object:
        made.append(entry(*arguments))  # type: ignore[arg-type]
        return made[-1]

    urls = (f"  e{number}:\n    url: https://h.example.com/{number}?token=${{T}}\n" for number in range(9))
    entries = "".join(f"{url}    events: [track_updated]\n" for url in urls)
    with patch.object(EntriesAlike, "entry", counted):
        _everything(f"{_TOP}defaults: {{account: live}}\nwebhooks:\n{entries}")
    assert [one is None for one in made] == [True] + [False] * 8

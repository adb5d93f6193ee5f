"""Listing the places that a pattern may mean, by a declaration: paths, pages, names, and what an answer may not say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.provider import Auth, LinkHeader, Listed, Offset, PlaceSetting, Provider, Rest, Whole, events, url
from reconciler.providers.gitea import GITEA
from reconciler.providers.gitlab import GITLAB
from reconciler.providers.rest import RestReader
from tests.providers.tools import Run
from tests.support.serving import serving

PROJECTS = PlaceSetting(
    setting="projects",
    path="/projects/{}",
    is_one_segment=True,
    pattern="[a-z0-9]+(?:/[a-z0-9-]+)+",
    example="acme/web",
    listed=Listed(
        path="/groups/{}/projects?include_subgroups=true",
        name="path.full",
        owner="group",
        read_only={"archived": True},
    ),
)


def provider(listed: Listed | None = PROJECTS.listed) -> Provider:
    place = replace(PROJECTS, listed=listed)
    return Provider(
        name="forge",
        title="Forge",
        fields=(url(), events("push")),
        auth=Auth(variable="FORGE_TOKEN"),
        places=(place,),
        rest=Rest(collection="/hooks", paging=LinkHeader(most=3, usual=2)),
    )


@contextmanager
def answering(*given: Any, of: Any = None, link: bool = True) -> Iterator[tuple[str, list[str]]]:  # noqa: ANN401 - JSON
    """A server whose pages these are, whatever else is asked for; its base URL, and the targets asked for."""
    asked: list[str] = []
    pages = of or given

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            asked.append(self.path)
            named = re.search(r"&(page)=(\d+)|(?:/p/|&offset=)(\d+)", self.path)
            number = 0 if named is None else int(named[2]) - 1 if named[1] else int(named[3])
            page = pages[number] if number < len(pages) else []
            body = json.dumps(page).encode()
            self.send_response(page if isinstance(page, int) else 200)
            if link and number + 1 < len(pages):
                self.send_header("Link", f'<{base_url}/p/{number + 1}>; rel="next"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as base_url:
        yield base_url, asked


def project(name: object, *, archived: bool = False) -> dict[str, Any]:
    return {"path": {"full": name}, "archived": archived}


def places(base_url: str, pattern: str = "acme/*", of: Provider | None = None) -> list[str]:
    of = provider() if of is None else of
    account = Account(
        name=f"services:{pattern}",
        provider=of,
        token=SecretText.environment("FORGE_TOKEN", "forge_0123456789"),
        base_url=base_url,
        place=of.places[0].path_of(pattern),
    )
    reader = RestReader(account, Run().context)
    try:
        return [*reader.places()]
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("acme/*", "/groups/acme/projects", id="owner"),
        pytest.param("acme/svc-*-eu", "/groups/acme/projects", id="beginning-of-a-name"),
        pytest.param("acme/backend/*", "/groups/acme%2Fbackend/projects", id="nested"),
        pytest.param("acme/*/web", "/groups/acme/projects", id="any-nested"),
    ],
)
def test_the_owners_places_are_listed_page_by_page(pattern: str, path: str) -> None:
    first = [project("acme/web"), project("acme/old", archived=True), project("acme/sub/web")]
    with answering(first, [project("acme/api")]) as (base_url, asked):
        assert places(base_url, pattern) == ["acme/web", "acme/sub/web", "acme/api"]
    assert asked == [f"{path}?include_subgroups=true&per_page=3", "/p/1"] * 2


def test_a_full_page_without_a_next_one_is_doubted_though_archived_places_are_on_it() -> None:
    full = [project("acme/a", archived=True), project("acme/b"), project("acme/c", archived=True)]
    with answering(full, [project("acme/d")], link=False) as (base_url, asked):
        assert places(base_url) == ["acme/b", "acme/d"]
    assert asked[1].endswith("&page=2")


@pytest.mark.parametrize("count", [4, 5, 6])
def test_a_list_of_several_pages_that_shifts_is_made_again(count: int) -> None:
    there = [project(f"acme/p{number}") for number in range(count)]

    class Shifting:
        """Pages, the second of which is asked for when one of the first has just gone: one is on neither."""

        def __len__(self) -> int:
            return 2

        def __getitem__(self, number: int) -> list[dict[str, Any]]:
            if number == 1 and len(there) == count:
                del there[0]
            return there[3 * number : 3 * number + 3]

    with answering(of=Shifting()) as (base_url, _):
        assert places(base_url) == [f"acme/p{number}" for number in range(1, count)]


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_a_full_page_of_webhooks_is_doubted_whatever_of_it_was_deleted(gone: int) -> None:
    rest = Rest(
        collection="/hooks",
        id="meta.id",
        created="meta.made",
        updated="meta.changed",
        gone={"deleted": True},
        paging=LinkHeader(most=3, usual=2),
    )
    of = replace(provider(), places=(), rest=rest)
    dates = {"made": "2026-01-02T00:00:00Z", "changed": "2026-01-03T00:00:00Z"}

    def shown(number: int) -> dict[str, Any]:
        meta = {"id": number, **dates}
        return {"meta": meta, "url": "https://a.example.com/", "events": ["push"], "deleted": number < gone}

    token = SecretText.environment("FORGE_TOKEN", "forge_0123456789")
    with answering([*map(shown, range(3))], [shown(3)], link=False) as (base_url, asked):
        reader = RestReader(Account(name="forge", provider=of, token=token, base_url=base_url), Run().context)
        remotes = reader.list().remotes
        reader.close()
    assert asked[1:2] == ["/hooks?per_page=3&page=2"]
    assert [remote.id for remote in remotes] == [str(number) for number in range(gone, 4)]
    assert {(remote.created, remote.updated) for remote in remotes} == {
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    }
    assert {remote.unknown for remote in remotes} == {()}


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        pytest.param("acme/web", True, id="name"),
        pytest.param("acme/*", True, id="pattern"),
        pytest.param("acme/sub/*-x*", True, id="two-stars"),
        pytest.param("*", False, id="no-owner"),
        pytest.param("ac*/web", False, id="part-of-an-owner"),
        pytest.param("acme/we b*", False, id="blank"),
        pytest.param("../*", False, id="dots-as-the-owner"),
        pytest.param("acme/../*", False, id="dots-within"),
        pytest.param("acme/..", False, id="dots-as-a-name"),
    ],
)
def test_a_name_or_a_pattern_that_leads_nowhere_else_is_accepted(text: str, accepted: bool) -> None:  # noqa: FBT001 - a column of the table
    dotted = replace(PROJECTS, pattern=r"[a-z0-9.]+(?:/[a-z0-9.-]+)+")
    assert dotted.accepts(text) is accepted


@pytest.mark.parametrize(
    ("listed", "pages", "targets"),
    [
        pytest.param(
            Listed(path="/orgs/{}/projects", name="name", items="found", paging=Whole()),
            [{"found": [{"name": "acme/a"}, {"name": "acme/b"}]}],
            ["/orgs/acme/projects"],
            id="whole-in-an-envelope",
        ),
        pytest.param(
            Listed(path="/projects?owner={}", name="name", items="found", paging=Offset(query="limit=1")),
            [{"found": [{"name": f"acme/{name}"}], "more": name == "a"} for name in "ab"],
            ["/projects?owner=acme&limit=1", "/projects?owner=acme&limit=1&offset=1"] * 2,
            id="by-offset-until-two-lists-agree",
        ),
    ],
)
def test_a_list_of_places_may_have_pages_of_its_own(listed: Listed, pages: list[Any], targets: list[str]) -> None:
    with answering(*pages, link=False) as (base_url, asked):
        assert places(base_url, of=provider(listed)) == ["acme/a", "acme/b"]
    assert asked == targets


@pytest.mark.parametrize("name", ["acme/../../admin", "..", "acme/*", "acme/a?b", 7, None, ""])
def test_a_name_that_no_file_could_hold_is_no_place(name: object) -> None:
    with answering([project("acme/web"), project(name)]) as (base_url, _), pytest.raises(ProviderError) as caught:
        places(base_url)
    assert caught.value.kind is ErrorKind.GARBLED
    assert "the `projects` of `acme` can't be listed: " in caught.value.message


def test_gitlab_lists_the_projects_of_a_group_and_of_its_subgroups() -> None:
    shown = [{"path_with_namespace": f"acme/{name}", "archived": False} for name in ("web", "backend/api_v2.1")]
    with answering(shown) as (base_url, asked):
        assert places(base_url, "acme/backend/*", GITLAB) == ["acme/web", "acme/backend/api_v2.1"]
    path, _, query = asked[0].partition("?")
    assert path == "/groups/acme%2Fbackend/projects"
    assert {"include_subgroups=true", "with_shared=false", "archived=false", "per_page=100"} <= {*query.split("&")}


def test_gitea_lists_the_repositories_of_an_organization_archived_ones_too() -> None:
    shown = [{"full_name": "acme/web", "archived": False}, {"full_name": "acme/old.site", "archived": True}]
    with answering(shown) as (base_url, asked):
        assert places(base_url, of=GITEA) == ["acme/web", "acme/old.site"]
    assert asked[0] == "/orgs/acme/repos?limit=50"


def test_an_owner_that_is_not_there_is_named() -> None:
    with answering(404) as (base_url, _), pytest.raises(ProviderError) as caught:
        places(base_url)
    assert caught.value.message == "Forge has no group `acme` that the token may see (404)"
    assert caught.value.help == "Check `acme/*` under `projects`; those of others than groups are named in full."

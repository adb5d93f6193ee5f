"""What Review Board, Unleash and Parse Server do otherwise than one would think, and what a run makes of it there.

Each is a provider that a user declares: `examples/own-providers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.model.webhook import Fields
from reconciler.providers.registry import open_writer
from tests.support.own_providers import install_own, own_provider
from tests.support.own_services import MASK, TOKEN, Parse, ReviewBoard, Unleash
from tests.support.services import Work, serve

from .tools import Run

URL = "https://hooks.example.com/orders"
KEY, NEXT_KEY = "correct-horse-battery", "staple-of-another-horse"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    install_own(monkeypatch)


def _work(folder: Path, provider: str, base_url: str, more: str = "") -> Work:
    account = f"provider: {provider}\ntoken: ${{TOKEN}}\nbase_url: {base_url}\n{more}"
    return Work(folder, account, {"TOKEN": TOKEN, "KEY": KEY, "NEXT_KEY": NEXT_KEY})


def _entry(event: str, more: str = "", url: str = URL) -> str:
    return f"orders:\n  url: {url}\n  events: [{event}]\n" + "".join(f"  {line}\n" for line in more.splitlines())


# Review Board


@pytest.fixture
def board() -> Iterator[ReviewBoard]:
    service = ReviewBoard()
    with serve(service):
        yield service


@pytest.fixture
def reviews(tmp_path: Path, board: ReviewBoard) -> Work:
    return _work(tmp_path, "reviewboard", board.base_url)


def test_review_board_is_sent_forms_whose_events_are_one_text(reviews: Work, board: ReviewBoard) -> None:
    reviews.write(_entry("review_published, reply_published"))
    reviews.apply()
    ((method, path, sent),) = board.writes()
    assert (method, path) == ("POST", "/api/webhooks/")
    assert dict(sent)["events"] == "reply_published,review_published"
    reviews.in_step()


def test_review_board_is_sent_only_what_differs(reviews: Work, board: ReviewBoard) -> None:
    made = board.put(url=URL, secret="theirs", enabled=False)
    reviews.write(_entry("'*'"))
    reviews.apply()
    assert board.writes() == [("PUT", f"/api/webhooks/{made}/", [("enabled", "true")])]
    assert board.only()["secret"] == "theirs"
    reviews.in_step()


def test_review_board_lists_all_pages_that_links_lead_to(reviews: Work, board: ReviewBoard) -> None:
    for number in range(201):
        board.put(url=f"https://elsewhere.example.com/{number}")
    board.put(url=URL)
    reviews.write(_entry("'*'"))
    code, said = reviews.run("plan", "--detailed-exitcode")
    assert (code, "202 of 202 webhooks listed" in said) == (0, True), said
    assert [asked.first("start") for asked in board.asked] == ["", "100", "200"]


def test_review_board_list_that_is_shorter_than_it_says_is_not_trusted(reviews: Work, board: ReviewBoard) -> None:
    whole = board._page
    board._page = lambda start, size: {**whole(start, size), "total_results": 7}  # type: ignore[method-assign]
    reviews.write(_entry("'*'"))
    assert "the provider counts 7 but lists 0" in reviews.run("plan")[1]


def test_review_board_shows_secrets_in_clear_and_no_command_prints_them(reviews: Work, board: ReviewBoard) -> None:
    board.put(url=URL, secret=NEXT_KEY)
    reviews.write(_entry("'*'", "secret: ${KEY}"))
    for command in (["plan"], ["drift"], ["list", "--format", "json"], ["export"], ["plan", "--format", "json"]):
        _, said = reviews.run(*command)  # which sees that neither is in what is said
        assert "orders" in said
    reviews.apply()
    assert board.only()["secret"] == KEY
    reviews.in_step()
    reviews.write(_entry("'*'", "secret: ${NEXT_KEY}"))
    assert "secret" in reviews.drifted()


def test_review_board_takes_duplicates_of_which_the_older_one_stays(reviews: Work, board: ReviewBoard) -> None:
    first = board.put(url=URL)
    board.put(url=URL)
    reviews.write(_entry("'*'"))
    reviews.apply()
    assert [*board.hooks] == [first]
    reviews.in_step()


def test_review_board_every_event_is_a_star(reviews: Work, board: ReviewBoard) -> None:
    board.put(url=URL, events=["*", "review_published"])
    reviews.write(_entry("'*'"))
    reviews.in_step()


# Unleash


@pytest.fixture
def unleash() -> Iterator[Unleash]:
    service = Unleash()
    with serve(service):
        yield service


@pytest.fixture
def features(tmp_path: Path, unleash: Unleash) -> Work:
    return _work(tmp_path, "unleash", unleash.base_url)


CREATED = "feature-created"


def test_unleash_masks_the_url_and_the_second_plan_is_empty(features: Work, unleash: Unleash) -> None:
    features.write(_entry(CREATED, url=f"{URL}?token=${{KEY}}"))
    features.apply()
    assert unleash.only()["parameters"]["url"] == f"{URL}?token={KEY}"
    assert unleash.only()["description"] == f"{URL}?token={MASK}"
    assert unleash.shown(unleash.only())["parameters"]["url"] == MASK
    features.in_step()


def test_unleash_keeps_the_header_that_no_file_says_where_all_parameters_are_replaced(
    features: Work, unleash: Unleash
) -> None:
    parameters = {"url": URL, "authorization": "Bearer theirs", "bodyTemplate": "before"}
    made = unleash.put(description=URL, parameters=parameters, events=[CREATED])
    features.write(_entry(CREATED, "body_template: after"))
    features.apply()
    ((method, path, sent),) = unleash.writes()
    assert (method, path) == ("PUT", f"/api/admin/addons/{made}")
    assert sent["parameters"] == {"url": URL, "authorization": MASK, "bodyTemplate": "after"}
    assert sent["provider"] == "webhook"  # and all else that is required
    assert unleash.only()["parameters"]["authorization"] == "Bearer theirs"
    features.in_step()


def test_unleash_takes_no_empty_parameter_and_one_that_is_left_out_goes(features: Work, unleash: Unleash) -> None:
    features.write(_entry(CREATED, "body_template: before"))
    features.apply()
    features.write(_entry(CREATED))
    features.apply()
    assert unleash.only()["parameters"] == {"url": URL}
    features.in_step()


def test_unleash_gets_the_header_that_the_file_says_and_never_its_mask(features: Work, unleash: Unleash) -> None:
    parameters = {"url": URL, "authorization": "Bearer theirs"}
    unleash.put(description=URL, parameters=parameters, events=[CREATED], enabled=False)
    features.write(_entry(CREATED, "authorization: ${KEY}"))
    features.apply()
    assert unleash.only()["parameters"]["authorization"] == KEY
    features.in_step()


def test_unleash_loses_no_webhook_of_another_kind_and_deletes_with_an_empty_answer(
    features: Work, unleash: Unleash
) -> None:
    kept = unleash.put(provider="slack", description="for people", parameters={"url": "x"}, events=[CREATED])
    unleash.put(description=URL, parameters={"url": URL}, events=[CREATED])
    features.write("")
    features.apply("--allow-losses", "1")
    assert [*unleash.hooks] == [kept]
    features.in_step()


def test_unleash_is_refused_where_a_secret_in_the_path_would_show(features: Work, unleash: Unleash) -> None:
    features.write(_entry(CREATED, url="https://hooks.example.com/${KEY}"))
    code, said = features.run("apply", "--auto-approve")
    assert (code, unleash.writes()) == (1, []), said
    assert "in clear where Unleash shows them" in said


def test_masked_url_that_nothing_tells_apart_is_refused_before_anything_is_made_twice(
    features: Work, unleash: Unleash
) -> None:
    """What the interface can't say without `told_at`: of a URL that nobody can read nothing tells whose it is."""
    unleash.put(description=MASK, parameters={"url": URL}, events=[CREATED])
    features.write(_entry(CREATED))
    for _ in range(2):
        code, said = features.run("apply", "--auto-approve")
        assert (code, unleash.writes()) == (1, []), said
        assert "shows a mask instead of the URL" in said


# Parse Server


@pytest.fixture
def parse() -> Iterator[Parse]:
    service = Parse()
    with serve(service):
        yield service


@pytest.fixture
def cloud(tmp_path: Path, parse: Parse) -> Work:
    return _work(tmp_path, "parse", f"{parse.base_url}/parse", "application_id: app\n")


def test_parse_names_webhooks_in_the_url_and_deletes_by_put(cloud: Work, parse: Parse) -> None:
    cloud.write(_entry("function:check, afterSave:Order"))
    cloud.apply()
    assert sorted((method, path) for method, path, _ in parse.writes()) == [
        ("POST", "/parse/hooks/functions"),
        ("POST", "/parse/hooks/triggers"),
    ]
    assert sorted(parse.hooks) == ["functions/check", "triggers/Order/afterSave"]
    cloud.in_step()
    parse.asked.clear()
    cloud.write("")
    cloud.apply("--allow-losses", "2")
    assert {(method, str(sent)) for method, _, sent in parse.writes()} == {("PUT", "{'__op': 'Delete'}")}
    assert parse.hooks == {}
    cloud.in_step()


def test_parse_has_one_webhook_of_a_name_and_a_second_one_is_told(cloud: Work, parse: Parse) -> None:
    parse.hooks["functions/check"] = {"functionName": "check", "url": "https://elsewhere.example.com/"}
    cloud.write(_entry("function:check"))
    code, said = cloud.run("apply", "--auto-approve")
    assert code == 1
    assert "refused it (400)" in said
    assert parse.hooks["functions/check"]["url"] == "https://elsewhere.example.com/"


@pytest.mark.parametrize("call", ["get", "update", "delete"])
def test_parse_says_400_of_what_is_not_there_and_it_is_gone_not_refused(parse: Parse, call: str) -> None:
    provider = own_provider("parse")
    values = (SecretText.literal("app"),)
    account = Account(
        name="main",
        provider=provider,
        token=SecretText.literal(TOKEN),
        base_url=f"{parse.base_url}/parse",
        settings={"application_id": values[0]},
    )
    writer = open_writer(account, Run().context)
    fields: Fields = {"url": parse_url(SecretText.literal(URL)), "event": "function:check"}
    made = writer.create(fields)
    parse.hooks.clear()
    arguments = {"get": (), "update": (fields, made), "delete": ()}[call]
    with pytest.raises(ProviderError) as caught:
        getattr(writer, call)(made.id, *arguments)
    assert caught.value.kind is ErrorKind.GONE

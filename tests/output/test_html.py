"""The HTML page: sound for a screen reader, without script, and closed to whatever names and values hold."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from xml.etree import ElementTree as ET

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.report import AccountReport, Outcome, Report, Result
from reconciler.output.escaping import visible
from reconciler.output.formats import reporter
from reconciler.planning.match import duplicate_of
from reconciler.view.outcome import CommandResult, report_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import view_report
from tests.output.pages import ERROR, OTHER, PAGES, UNKNOWN, apply_page, validation_page
from tests.output.telling import context_of, plan_told, run_told
from tests.support.builders import account, entry, hook, only, planned
from tests.view.hostile import HostileRun, hostile_runs, hostile_texts

TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "h1", "h2", "h3", "p", "div",
    "ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary",
    "a", "b", "i", "strong", "small", "span", "code", "pre", "mark",
}  # fmt: skip
ATTRIBUTES = {
    "aria-label", "aria-labelledby", "charset", "class", "colspan", "content", "href", "http-equiv", "id", "lang",
    "name", "open", "role", "scope", "tabindex",
}  # fmt: skip
OUR_VALUES = re.compile(r"[a-z0-9 -]*|(#[a-z-]+)|On this page|Endpoints and events")


class Page:
    """A page as a browser reads it; html5lib raises where it isn't valid."""

    def __init__(self, text: str) -> None:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.root: ET.Element = parser.parse(text)

    def elements(self, tag: str) -> list[ET.Element]:
        return [*self.root.iter(tag)]

    def text(self, tag: str) -> list[str]:
        return [_text(element) for element in self.elements(tag)]

    def section(self, name: str) -> str:
        """The text of the section with this heading."""
        (found,) = (_text(one) for one in self.elements("section") if one.get("aria-labelledby") == name)
        return found

    @property
    def headings(self) -> list[str]:
        return [_text(element) for element in self.root.iter() if element.tag in ("h1", "h2")]


def _text(element: ET.Element) -> str:
    """What is read of an element, in one line."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: ET.Element) -> Iterator[str]:
    blank = "" if element.tag in ("b", "code", "i", "mark", "small", "span", "strong") else " "
    yield blank + (element.text or "")
    for inner in element:
        yield from _pieces(inner)
        yield inner.tail or ""
    yield blank


@pytest.fixture(params=[*PAGES])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(PAGES[request.param]())


def test_headings_are_in_order_and_every_landmark_has_a_name(page: Page) -> None:
    levels = [int(one.tag[1]) for one in page.root.iter() if re.fullmatch(r"h\d", str(one.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert (len(page.elements("main")), len(page.elements("header")), len(page.elements("nav"))) == (1, 1, 1)
    ids = [one.get("id") for one in page.root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    named = [one.get("aria-labelledby") for one in page.elements("section")]
    assert set(named) <= set(ids)
    assert page.root.get("lang") == "en"


def test_every_table_has_a_caption_and_headers_with_their_scope(page: Page) -> None:
    for table in page.elements("table"):
        assert table.find("caption") is not None
        headers = [*table.iter("th")]
        assert {one.get("scope") for one in headers} <= {"col", "row", "rowgroup"}
        columns = sum(one.get("scope") == "col" for one in headers)
        rows = [row for row in table.iter("tr") if row.get("class") != "group"]
        assert {len(row) for row in rows} == {columns}


def test_links_lead_to_places_of_the_page_and_nothing_is_loaded(page: Page) -> None:
    ids = {f"#{one.get('id')}" for one in page.root.iter() if one.get("id")}
    assert {one.get("href") for one in page.elements("a")} <= ids
    check_harmless(page)


def check_harmless(page: Page) -> None:
    """See that all tags and attributes are ours, that nothing foreign is in one, and that all text can be seen."""
    (style,) = page.elements("style")
    assert not re.search(r"url\(|@import|<|expression", style.text or "")
    for element in page.root.iter():
        assert element.tag in TAGS
        assert ATTRIBUTES.issuperset(element.keys())
        if element.tag != "meta":
            assert all(OUR_VALUES.fullmatch(value) for value in element.attrib.values()), element.attrib
        if element is not style:
            for text in (element.text, element.tail):
                assert [line for line in (text or "").split("\n") if visible(line) != line] == []


def test_policy_lets_only_this_style_in(page: Page) -> None:
    (style,) = page.elements("style")
    digest = b64encode(sha256((style.text or "").encode()).digest()).decode()
    policies = [one.get("content") for one in page.elements("meta") if one.get("http-equiv")]
    expected = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policies == [expected]


@settings(max_examples=15)
@given(run=hostile_runs(), told=st.tuples(st.booleans(), st.booleans()), name=hostile_texts)
def test_page_of_a_hostile_run_is_harmless(run: HostileRun, told: tuple[bool, bool], name: str) -> None:
    applies, shows_unmanaged = told
    text = run_told("html", run, applies=applies, shows_unmanaged=shows_unmanaged, configuration=name)
    text.encode()
    check_harmless(Page(text))


@pytest.mark.parametrize(
    ("made", "label", "words"),
    [
        pytest.param(PAGES["in-step"], "OK", "No changes.", id="in-step"),
        pytest.param(
            lambda: plan_told("html", planned([entry("a")])),
            "Changes",
            "Plan: 1 to create, 0 to update, 0 to delete.",
            id="changes",
        ),
        pytest.param(
            lambda: plan_told("html", planned([entry("a")]), is_drift=True),
            "Drift",
            "Drift detected: 1 difference.",
            id="drift",
        ),
        pytest.param(
            lambda: plan_told("html", planned([entry("a")], [hook("1")]), is_drift=True),
            "OK",
            "No drift: 1 webhook.",
            id="no-drift",
        ),
        pytest.param(
            lambda: plan_told("html", planned([entry("a")], {"default": UNKNOWN})),
            "Incomplete",
            "No plan; not checked: default.",
            id="not-checked",
        ),
        pytest.param(
            lambda: plan_told("html", planned([], [hook("1")], [account(max_losses=0)])),
            "Refused",
            "Plan: 0 to create, 0 to update, 1 to delete; refused: default.",
            id="refused",
        ),
        pytest.param(
            lambda: apply_page(planned([entry("a")])),
            "Applied",
            "Apply complete: 1 created, 0 updated, 0 deleted.",
            id="applied",
        ),
        pytest.param(
            lambda: apply_page(planned([entry("a")]), Outcome.FAILED),
            "Incomplete",
            "Apply incomplete: 0 created, 0 updated, 0 deleted; 1 not done.",
            id="apply-failed",
        ),
        pytest.param(
            lambda: apply_page(planned([entry("a")]), Outcome.NOT_STARTED, stopped_by=15),
            "Stopped",
            "Stopped: 0 created, 0 updated, 0 deleted; 1 not done.",
            id="stopped",
        ),
        pytest.param(
            lambda: plan_told("html", planned([entry("a")], [hook("1", active=False)], [account(protect=["/a"])])),
            "Differs",
            "No changes; 1 protected difference.",
            id="differs",
        ),
        pytest.param(PAGES["valid"], "Valid", "Valid: 7 webhooks in 2 accounts.", id="valid"),
        pytest.param(lambda: validation_page(ERROR), "Failed", "Not valid: 1 error.", id="not-valid"),
    ],
)
def test_verdict_stands_first_in_words(made: Callable[[], str], label: str, words: str) -> None:
    page = Page(made())
    assert page.text("h1") == [words]
    lead = "" if words.startswith(label) else f"{label}: "
    assert page.text("title") == [f"{lead}{words} (webhooks.yaml)"]
    (verdict,) = (one for one in page.elements("div") if (one.get("class") or "").startswith("verdict "))
    assert _text(verdict).startswith(f"{label} {words} ")


def test_page_says_everything_of_a_plan() -> None:
    page = Page(PAGES["plan"]())
    assert page.headings[1:] == [
        "Accounts that could not be checked", "Refused", "Losses", "Who receives what", "Changes",
        "Protected, left as they are", "Unmanaged", "Accounts", "About this page",
    ]  # fmt: skip
    assert "dead (Shippo): the provider refused the token (401) Check TOKEN." in page.section("not-checked")
    assert "add --allow-losses 4, or add this to the file: absent: - url:" in page.section("refused")
    assert "https://hooks.example.com/gone default track_updated" in page.section("losses")
    assert page.text("h3") == ["To delete (4)", "To update (2)", "To create (2)"]
    assert "default/off[track_updated] update in place: differs" in page.section("changes")
    assert "Field Before After active true false" in page.section("changes")
    assert "differs, left as it is" in page.section("protected")
    assert "active false true" in page.section("protected")
    assert f"{OTHER} default 2" in page.section("unmanaged")
    assert "default/@orders2 delete: duplicate of default/orders[track_updated]" in page.section("changes")
    assert "default Shippo, live mode to change 11 of 11 4 of 0 allowed" in page.section("accounts")
    assert "dead Shippo, live mode not checked – –" in page.section("accounts")
    assert "Configuration webhooks.yaml Plan made 2026-01-01 00:00:00 UTC" in page.section("about")


def _cells(page: Page) -> Iterator[tuple[str, list[str]]]:
    """Of each line of the matrix its endpoint and its cells."""
    (matrix,) = (table for table in page.elements("table") if table.get("class") == "matrix")
    for row in matrix.iter("tr"):
        if row.get("class") != "group":
            first, *others = row
            yield _text(first), [_text(one) for one in others]


@pytest.mark.parametrize("number", [5, 200])
def test_what_is_the_same_of_all_webhooks_is_not_said_of_each(number: int) -> None:
    events = ("track_updated", "transaction_created", "transaction_updated", "batch_created")
    keys = [(f"/hook/{index // 4}", events[index % 4]) for index in range(number)]
    wanted = [entry(f"e{path[6:]}", path, event, is_test=True) for path, event in keys]
    there = [hook(f"id{index}", *key, is_test=True) for index, key in enumerate(keys)][1:]
    page = Page(plan_told("html", planned(wanted, there, [account(is_test=True)])))
    said = _text(page.root)
    assert (said.count("(is_test)"), said.count("1 account"), said.count("2026-01-01 00:00:00 UTC")) == (0, 0, 2)
    # In the head, the legend and the explanation of words
    assert said.lower().count("in step") == 3
    assert said.count(f"{number - 1} in step") == 1


def test_kind_is_said_where_an_account_has_both() -> None:
    wanted = [entry("a"), entry("b", "/b", is_test=True)]
    assert _text(Page(plan_told("html", planned(wanted, [], [account(owns_test=["/*"])]))).root).count("(is_test)") == 1


def test_matrix_says_in_words_who_receives_what() -> None:
    assert [*_cells(Page(PAGES["plan"]()))] == [
        ("Endpoint", ["all", "track_updated"]),
        ("default https://hooks.example.com/gone", ["", "to delete"]),
        ("default https://hooks.example.com/moved/here", ["", "to create"]),
        ("default https://hooks.example.com/moved/there", ["", "to delete"]),
        ("default https://hooks.example.com/new", ["", "to create"]),
        ("default https://hooks.example.com/off", ["", "to delete"]),
        ("default https://hooks.example.com/orders", ["", "2→1 twice"]),
        ("default https://hooks.example.com/twice", ["to delete", "2→1 twice"]),
        ("default https://hooks.example.com/protected", ["", "switched off"]),
        ("default https://known.example.com (1 webhook)", ["", "known"]),
        ("default https://other.example.com (2 webhooks)", ["unmanaged", "unmanaged"]),
    ]


def test_unmanaged_webhooks_are_counted_by_host_unless_they_are_asked_for() -> None:
    assert "their-path" not in PAGES["plan"]()
    assert "default/@other1 track_updated https://other.example.com/their-path" in Page(PAGES["drift"]()).section(
        "unmanaged"
    )


def test_filters_and_sources_are_named() -> None:
    page = Page(PAGES["filtered"]())
    assert "Filtered by --target * : other webhooks may differ, too, and aren't shown." in _text(
        page.elements("header")[0]
    )
    assert "Filters --target *" in page.section("about")


def test_apply_says_what_was_not_done_and_why() -> None:
    page = Page(PAGES["apply"]())
    assert "1 of the changes was not started." in page.section("not-done")
    said = "create: failed track_updated at https://hooks.example.com/moved/here the provider refused the token (401) "
    assert f"{said}Check TOKEN." in page.section("not-done")
    assert "create: failed" in page.section("changes")
    assert "delete: done" in page.section("changes")
    assert ("default https://hooks.example.com/new", ["", "not done"]) in [*_cells(page)]
    assert "0123456789abcdef" * 8 in page.section("about")


def test_duplicate_that_was_found_while_applying_is_told() -> None:
    plan = planned([entry("a")])
    (create,) = only(plan).changes
    ours = Result(change=duplicate_of(create.address, hook("ours")), outcome=Outcome.DONE, object_id="ours")
    out = io.StringIO()
    story = reporter("html", context_of(out))
    report = Report(plan=plan, accounts=(AccountReport(account="default", results=(ours,)),))
    story.plan(view_plan(plan))
    story.end(report_outcome(report), view_report(report))
    words = "@ours delete: done (a duplicate of a[track_updated], found after the creates)"
    assert words in Page(out.getvalue()).section("changes")


def test_errors_show_their_place_and_line() -> None:
    page = Page(PAGES["validate"]())
    assert page.section("errors") == (
        "Errors Error: track_update is not an event webhooks.yaml:12:14 events: [track_update] "
        "Did you mean track_updated? event-unknown"
    )
    assert page.text("mark") == ["track_update"]
    assert "Warning: matches nothing Remove it. pattern-unused" in page.section("warnings")


def test_long_source_line_is_cut_around_what_is_meant() -> None:
    long = Diagnostic(
        severity=Severity.ERROR, code="x", message="x", help="x",
        place=Place(file="f", line=1, column=501), source="a" * 500 + "bcd" + "e" * 500, width=3,
    )  # fmt: skip
    (shown,) = Page(validation_page(long)).text("pre")
    assert shown == "a" * 100 + "bcd" + "e" * 100


def test_run_that_failed_says_so() -> None:
    out = io.StringIO()
    story = reporter("html", context_of(out))
    story.fail([ERROR], 1)
    page = Page(out.getvalue())
    assert page.text("h1") == ["Failed: track_update is not an event"]
    assert "event-unknown" in page.section("errors")


def test_run_that_was_declined_shows_its_plan() -> None:
    out = io.StringIO()
    story = reporter("html", context_of(out))
    story.plan(view_plan(planned([entry("a")])))
    story.end(CommandResult("Cancelled. Nothing was changed.", 1))
    assert "create: not at the provider" in Page(out.getvalue()).section("changes")

"""The HTML page in a real Chromium: seen, read aloud, used by keyboard, printed, and closed to what it shows.

Needs Debian's `chromium`.
"""

from __future__ import annotations

import functools
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec import Struct, field
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from reconciler.model.plan import Plan
from reconciler.output.formats import reporter
from reconciler.view.outcome import plan_outcome
from reconciler.view.redact import view_plan
from tests.output.pages import PAGES
from tests.output.telling import context_of, plan_told
from tests.support.builders import account, entry, hook, planned

pytestmark = pytest.mark.outside

CHROMIUM = "/usr/bin/chromium"
PHONE, DESKTOP = 390, 1280
MOST_BYTES, MOST_SECONDS = 5_000_000, 10
HOSTILE = (
    "\"'><script>document.title='broken'</script>",
    "<img src=https://evil.example.com/x onerror=alert(1)>",
    "</style></title></pre><iframe src=//evil.example.com></iframe>",
    "javascript:alert(1)//{{ 7 * 7 }}{% raw %}",
    "--><svg onload=alert(1)><style>*{background:url(https://evil.example.com)}</style>",
    "\u202e\u0000\ud800",
    "x" * 3_000,
)


class Opened(Struct):
    """A page in a browser, and what it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(autouse=True)
def _closed(browser: Browser) -> Iterator[None]:
    yield
    for context in browser.contexts:
        context.close()


def _opened(
    browser: Browser,
    address: str,
    *,
    width: int = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    runs_scripts: bool = True,
) -> Opened:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, java_script_enabled=runs_scripts
    )
    opened = Opened(context.new_page())
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.on("console", lambda message: opened.complaints.append(message.text))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
    opened.page.goto(address)
    return opened


def _saved(folder: Path, text: str) -> str:
    (folder / "page.html").write_text(text, encoding="utf-8")
    return (folder / "page.html").as_uri()


def _many(number: int, changed: int, events: int = 5) -> Plan:
    """So many webhooks, of which so many change: a third each is created, switched on and deleted."""
    desired, remotes = [], []
    for index in range(number):
        path, event = f"/tenants/{index // events}/hooks", f"event_{index % events:03}"
        kind = index % 3 if index < changed else None
        if kind != 2:
            desired.append(entry(f"t{index}", path, event))
        if kind != 0:
            remotes.append(hook(f"id{index:06}", path, event, active=kind != 1))
    return planned(desired, remotes, [account(max_losses=None)], allowed_losses=number)


WIDE = plan_told("html", _many(300, 60, 100))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", [*PAGES, "wide"])
def test_page_fits_and_is_sound(
    browser: Browser, tmp_path: Path, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    address = _saved(tmp_path, WIDE if name == "wide" else PAGES[name]())
    opened = _opened(browser, address, width=width, scheme=scheme)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    violations = Axe().run(opened.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
    assert (_rgb(opened.page, "backgroundColor") < _rgb(opened.page, "color")) is (scheme == "dark")
    assert (opened.requests, opened.complaints) == ([address], [])


def _rgb(page: Page, name: str) -> list[int]:
    style = page.evaluate(f"getComputedStyle(document.body).{name}")
    return [int(number) for number in style.removeprefix("rgb(").removesuffix(")").split(",")]


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["scripts", "no-scripts"])
def test_hostile_names_do_nothing(browser: Browser, tmp_path: Path, runs_scripts: bool) -> None:  # noqa: FBT001 - a column
    remotes = [hook(f"{number}{text}", f"/a{number}", text) for number, text in enumerate(HOSTILE)]
    remotes += [hook(f"u{number}{text}", "https://other.example.com", text) for number, text in enumerate(HOSTILE)]
    out = io.StringIO()
    story = reporter("html", context_of(out, "".join(HOSTILE), shows_unmanaged=True))
    view = view_plan(planned([], remotes))
    story.heading("".join(HOSTILE))
    story.plan(view)
    story.end(plan_outcome(view, detailed=False))
    address = _saved(tmp_path, out.getvalue())
    opened = _opened(browser, address, width=PHONE, runs_scripts=runs_scripts)
    assert (opened.requests, opened.complaints) == ([address], [])
    assert opened.page.locator("script, img, iframe, svg, link, form, [style], [onload], [onerror]").count() == 0
    assert opened.page.title().startswith("Refused: ")
    assert opened.page.get_by_text("<img src=https://evil.example.com/x onerror=alert(1)>").count() > 0
    if runs_scripts:
        assert opened.page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_page_from_a_server_asks_for_nothing_else(browser: Browser, tmp_path: Path) -> None:
    _saved(tmp_path, PAGES["plan"]())
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/page.html"
        opened = _opened(browser, address)
        server.shutdown()
    assert (opened.requests, opened.complaints) == ([address], [])


def test_style_applies_and_no_other_does(browser: Browser, tmp_path: Path) -> None:
    page = _opened(browser, _saved(tmp_path, PAGES["plan"]())).page
    assert page.evaluate("getComputedStyle(document.querySelector('.verdict')).borderLeftWidth") == "6px"
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('style'), {textContent: 'h1{color:red}'}))"
    )
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"


def test_everything_is_reached_by_keyboard_and_shows_its_focus(browser: Browser, tmp_path: Path) -> None:
    page = _opened(browser, _saved(tmp_path, PAGES["plan"]()), width=PHONE).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the details"
    shown = page.locator(".skip").bounding_box()
    assert shown is not None
    assert shown["x"] >= 0
    reached = set[str]()
    for _ in range(page.locator("a, summary, [tabindex='0']").count() - 1):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == {"A", "DIV", "SUMMARY"}
    assert page.evaluate("document.activeElement.textContent") == "What the words mean"
    page.keyboard.press("Enter")
    assert page.get_by_text("A webhook that the file says to leave as it is").is_visible()
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_matrix_scrolls_in_itself_with_its_heads_in_place(browser: Browser, tmp_path: Path) -> None:
    page = _opened(browser, _saved(tmp_path, plan_told("html", _many(3_000, 60, 100))), width=PHONE).page
    region = page.get_by_role("region", name="Endpoints and events")
    region.focus()
    first, head = region.locator("tbody th[scope=row]").first, region.locator("thead th").nth(1)
    x, y = _at(first)[0], _at(head)[1]
    for key in ("ArrowRight", "ArrowDown") * 5:
        page.keyboard.press(key)
    page.wait_for_function(
        "() => { const one = document.activeElement; return one.scrollLeft > 50 && one.scrollTop > 50; }"
    )
    assert (_at(first)[0], _at(head)[1]) == (x, y)


def _at(locator: Locator) -> tuple[int, int]:
    """Where something is within the matrix's region, in pixels."""
    here = locator.bounding_box()
    region = locator.page.locator(".scroll").bounding_box()
    assert here is not None
    assert region is not None
    return round(here["x"] - region["x"]), round(here["y"] - region["y"])


def test_prints_light_with_everything_unfolded(browser: Browser, tmp_path: Path) -> None:
    page = _opened(browser, _saved(tmp_path, WIDE), scheme="dark").page
    fields = page.locator(".fields").last
    assert not fields.is_visible()
    page.emulate_media(media="print")
    assert page.evaluate("document.querySelector('.fields').checkVisibility({contentVisibilityAuto: true})")
    assert _rgb(page, "backgroundColor") == [255, 255, 255]
    assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflow") == "visible"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_page_of_5000_changes_opens_within_seconds(browser: Browser, tmp_path: Path) -> None:
    text = plan_told("html", _many(5_000, 5_000))
    assert len(text.encode()) < MOST_BYTES
    page = _opened(browser, "about:blank").page
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(_saved(tmp_path, text), timeout=120_000)  # what counts is the CPU, not who else uses it
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    assert page.locator(".changes > li").count() == 5_000
    assert metrics["ProcessTime"] < MOST_SECONDS

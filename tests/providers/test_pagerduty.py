"""PagerDuty's webhook subscriptions through the commands, on a server that does as its OpenAPI description says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.services import Answer, Asked, Hook, SecretWork, Service, Work, serve, without

TOKEN = "y_NbAkKc66ryYTWUXYEu"
SECRET = "correct-horse-battery"
URL = "https://hooks.example.com/pagerduty"
ACCOUNT = "provider: pagerduty\ntoken: ${{PAGERDUTY_TOKEN}}\nbase_url: {}\nservices: PSRV1"
ENTRY = f"incidents:\n  url: {URL}\n  events: [incident.triggered, incident.resolved]\n  secret_to: SIGNING\n"
PATH = "/webhook_subscriptions"
_FILTERS = {"service": "service_reference", "team": "team_reference", "account": "account_reference"}
_CHANGED = {"description", "events", "filter", "active", "oauth_client_id"}


class PagerDuty(Service):
    """All wrapped; the delivery method can't be changed; after failures it is off until it is enabled again."""

    def put(self, url: str, place: str = "service_reference", found: str = "PSRV1", **values: object) -> Hook:
        hook: Hook = {
            "id": self.new_id("PSUB"),
            "type": "webhook_subscription",
            "active": True,
            "delivery_method": {
                "id": f"PDM{self.made}",
                "secret": f"made-{self.made}-with-many-signs",
                "type": "http_delivery_method",
                "url": url,
                "custom_headers": [],
                "temporarily_disabled": False,
            },
            "description": "",
            "events": ["incident.triggered", "incident.resolved"],
            "filter": {"type": place, **({"id": found} if found else {})},
            "oauth_client": None,
            **values,
        }
        self.hooks[hook["id"]] = hook
        return hook

    def shown(self, hook: Hook, *, listed: bool = False) -> Hook:
        """As it is read: the secret isn't, values of headers are masked, and a list leaves out what is false."""
        method = without(hook["delivery_method"], *(["temporarily_disabled"] if listed and self._works(hook) else []))
        headers = [{**header, "value": "-- redacted --"} for header in method["custom_headers"]]
        return {**hook, "delivery_method": {**method, "secret": None, "custom_headers": headers}}

    def _works(self, hook: Hook) -> bool:
        return not hook["delivery_method"]["temporarily_disabled"]

    def answer(self, asked: Asked) -> Answer:
        is_right = asked.headers.get("authorization") == f"Token token={TOKEN}"
        if not is_right or "version=2" not in asked.headers["accept"]:
            return 401, {"error": {"message": "Access is denied", "code": 2012}}
        if asked.path == PATH:
            return self._create(asked) if asked.method == "POST" else self._list(asked)
        name, _, call = asked.path.removeprefix(f"{PATH}/").partition("/")
        hook = self.hooks.get(name)
        if hook is None:
            return 404, {"error": {"message": "Not Found", "code": 2100}}
        if call == "enable":
            hook["delivery_method"]["temporarily_disabled"] = False
        elif asked.method == "DELETE":
            del self.hooks[name]
            return 204, None
        elif asked.method == "PUT":
            said = asked.sent["webhook_subscription"]
            if said.keys() - _CHANGED:
                return 400, {"error": {"message": "Invalid Input Provided", "code": 2001}}
            hook |= said
        return 200, {"webhook_subscription": self.shown(hook)}

    def _list(self, asked: Asked) -> Answer:
        place = _FILTERS.get(asked.first("filter_type"))
        wanted = {"type": place, **({"id": asked.first("filter_id")} if place != "account_reference" else {})}
        found = [hook for hook in self.hooks.values() if place is None or hook["filter"] == wanted]
        start, size = int(asked.first("offset", "0")), min(int(asked.first("limit", "25")), 100)
        page = [self.shown(hook, listed=True) for hook in found[start : start + size]]
        more = start + size < len(found)
        return 200, {"webhook_subscriptions": page, "limit": size, "offset": start, "total": None, "more": more}

    def _create(self, asked: Asked) -> Answer:
        said = asked.sent["webhook_subscription"]
        if said["type"] != "webhook_subscription" or said["delivery_method"].pop("type") != "http_delivery_method":
            return 400, {"error": {"message": "Invalid Input Provided", "code": 2001}}
        hook = self.put("", **without(said, "delivery_method"))
        hook["delivery_method"] |= said["delivery_method"]
        answer = self.shown(hook)
        answer["delivery_method"]["secret"] = hook["delivery_method"]["secret"]
        return 200, {"webhook_subscription": answer}


@pytest.fixture
def pagerduty() -> Iterator[PagerDuty]:
    service = PagerDuty()
    with serve(service):
        yield service


@pytest.fixture
def work(tmp_path: Path, pagerduty: PagerDuty) -> SecretWork:
    return SecretWork(tmp_path, ACCOUNT.format(pagerduty.base_url), {"PAGERDUTY_TOKEN": TOKEN, "HOOK_SECRET": SECRET})


@pytest.mark.parametrize(
    ("place", "made_for"),
    [
        pytest.param("services: PSRV1", {"type": "service_reference", "id": "PSRV1"}, id="service"),
        pytest.param("teams: PTEAM", {"type": "team_reference", "id": "PTEAM"}, id="team"),
        pytest.param("subdomain: acme", {"type": "account_reference"}, id="account"),
    ],
)
def test_a_webhook_is_made_for_its_place_and_holds(
    work: Work, pagerduty: PagerDuty, place: str, made_for: dict[str, str]
) -> None:
    for url in (URL, "https://hooks.example.com/old"):  # of other places, which nothing may touch
        pagerduty.put(url, "service_reference", "PSRV2")
    work.write(ENTRY + "  description: Incidents\n", work.account.replace("services: PSRV1", place))
    work.apply()
    ((method, path, sent),) = pagerduty.writes()
    assert (method, path) == ("POST", PATH)
    assert sent == {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "delivery_method": {"url": URL},
            "filter": made_for,
            "events": ["incident.resolved", "incident.triggered"],
            "active": True,
            "description": "Incidents",
        }
    }
    work.in_step()
    work.apply()
    assert pagerduty.writes() == []
    assert len(pagerduty.hooks) == 3


def test_the_secret_is_shown_once_and_goes_on_at_once(work: SecretWork, pagerduty: PagerDuty) -> None:
    work.write(ENTRY)
    said = work.apply()
    secret = pagerduty.only()["delivery_method"]["secret"]
    assert work.made() == {"SIGNING": secret}
    assert secret not in said
    work.in_step()


def test_a_create_whose_answer_was_lost_is_told_since_nothing_says_who_made_it(
    work: SecretWork, pagerduty: PagerDuty
) -> None:
    pagerduty.lost = 1
    work.write(ENTRY)
    code, said = work.run("apply", "--auto-approve")
    assert (code, "its secret could not be passed on" in said) == (1, True), said
    work.apply("--resend-secrets")
    assert work.made() == {"SIGNING": pagerduty.only()["delivery_method"]["secret"]}
    work.in_step()


def test_headers_are_made_with_the_webhook_and_never_sent_back_masked(work: Work, pagerduty: PagerDuty) -> None:
    work.write(ENTRY + "  custom_headers: {X-Key: '${HOOK_SECRET}'}\n")
    work.apply()
    assert pagerduty.only()["delivery_method"]["custom_headers"] == [{"name": "X-Key", "value": SECRET}]
    work.in_step()
    old = pagerduty.only()["id"]
    work.write(ENTRY + "  custom_headers: {X-Other: '${HOOK_SECRET}'}\n")
    work.apply()
    assert pagerduty.only()["id"] != old
    assert pagerduty.only()["delivery_method"]["custom_headers"] == [{"name": "X-Other", "value": SECRET}]
    work.in_step()


def test_headers_that_nobody_knows_are_not_lost(work: Work, pagerduty: PagerDuty) -> None:
    hook = pagerduty.put(f"{URL}?token=old")
    hook["delivery_method"]["custom_headers"] = [{"name": "X-Key", "value": "theirs"}]
    work.write(ENTRY.replace(URL, f"{URL}?token=${{HOOK_SECRET}}"))
    assert "custom_headers" in work.refused()


def test_only_what_differs_is_sent_and_wrapped(work: Work, pagerduty: PagerDuty) -> None:
    hook = pagerduty.put(URL, active=False, description="By hand")
    work.write(ENTRY)
    work.apply()
    sent = {"webhook_subscription": {"active": True, "description": ""}}
    assert pagerduty.writes() == [("PUT", f"{PATH}/{hook['id']}", sent)]
    work.in_step()


def test_a_url_with_another_secret_takes_another_webhook_made_first(work: Work, pagerduty: PagerDuty) -> None:
    old = pagerduty.put(f"{URL}?token=old")
    work.write(ENTRY.replace(URL, f"{URL}?token=${{HOOK_SECRET}}"))
    work.apply()
    made, gone = pagerduty.writes()
    assert (made[0], made[1]) == ("POST", PATH)
    assert gone == ("DELETE", f"{PATH}/{old['id']}", None)
    work.in_step()


def test_one_that_was_switched_off_is_told_and_no_drift(work: Work, pagerduty: PagerDuty) -> None:
    pagerduty.put(URL)["delivery_method"]["temporarily_disabled"] = True
    work.write(ENTRY)
    code, said = work.run("drift")
    assert (code, "temporarily_disabled" in said) == (0, True), said


def test_one_that_must_deliver_is_enabled_by_a_call_of_its_own(work: Work, pagerduty: PagerDuty) -> None:
    hook = pagerduty.put(URL)
    hook["delivery_method"]["temporarily_disabled"] = True
    work.write(ENTRY + "  must_deliver: true\n")
    assert "must_deliver" in work.drifted()
    work.apply()
    assert pagerduty.writes() == [("POST", f"{PATH}/{hook['id']}/enable", {})]
    work.in_step()


def test_nobody_says_that_it_need_not_deliver(work: Work) -> None:
    work.write(ENTRY + "  must_deliver: false\n")
    code, said = work.run("validate")
    assert code == 1
    assert "PagerDuty doesn't support `must_deliver: false`" in said
    assert "Write `must_deliver: true`, or remove it." in said


def test_one_that_the_list_says_nothing_of_is_on(work: Work, pagerduty: PagerDuty) -> None:
    pagerduty.put(URL)
    work.write(ENTRY + "  must_deliver: true\n")
    work.in_step()


@pytest.mark.parametrize("number", [100, 101, 205])
def test_all_pages_are_read(work: Work, pagerduty: PagerDuty, number: int) -> None:
    for index in range(number):
        pagerduty.put(f"https://hooks.example.com/{index}")
    work.write(ENTRY)
    assert f"{number} webhooks listed" in work.run("plan")[1]


def test_pages_that_move_while_they_are_read_are_read_again(work: Work, pagerduty: PagerDuty) -> None:
    hooks = [pagerduty.put(f"https://hooks.example.com/{index}") for index in range(150)]
    usual = pagerduty.answer

    def one_goes_after_the_first_page(asked: Asked) -> Answer:
        answer = usual(asked)
        pagerduty.hooks.pop(hooks[0]["id"], None)
        return answer

    pagerduty.answer = one_goes_after_the_first_page  # type: ignore[method-assign]
    work.write(ENTRY)
    assert "149 webhooks listed" in work.run("plan")[1]


def test_a_wrong_token_changes_nothing(work: Work, pagerduty: PagerDuty) -> None:
    work.environment["PAGERDUTY_TOKEN"] = "another-token-of-somebody"
    work.write(ENTRY)
    work.refused("apply", "--auto-approve")
    assert pagerduty.hooks == {}


def test_what_is_adopted_is_in_step(work: Work, pagerduty: PagerDuty) -> None:
    hook = pagerduty.put(URL, description="By hand", active=False)
    hook["delivery_method"]["custom_headers"] = [{"name": "X-Key", "value": "theirs"}]
    pagerduty.put("https://hooks.example.com/failing")["delivery_method"]["temporarily_disabled"] = True
    work.write("")
    code, said = work.run("export", "--out", "adopted.yaml")
    assert code == 0, said
    text = (work.folder / "adopted.yaml").read_text()
    assert "redacted" not in text
    assert text.count("active: false") == 1
    (work.folder / "adopted.yaml").rename(work.folder / "webhooks.yaml")
    work.environment["HOOK_EXAMPLE_CUSTOM_HEADERS_X_KEY"] = "nobody-can-compare-it"
    work.in_step()

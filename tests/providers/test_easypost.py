"""EasyPost's webhooks through the commands, on a server that does as its documentation says."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.services import Answer, Asked, Hook, Service, Work, serve, without

KEY = "EZTK0123456789abcdefghijkl"
SECRET = "correct-horse-battery"
URL = "https://hooks.example.com/easypost"
ACCOUNT = "provider: easypost\ntoken: ${{EASYPOST_API_KEY}}\nbase_url: {}/v2"
ENTRY = f"parcels:\n  url: {URL}\n  events: ['*']\n"
PATH = "/v2/webhooks"
AT = "2026-11-01T08:00:00Z"


class EasyPost(Service):
    """Every webhook gets every event; the URL stays; an update switches on; the secret never shows."""

    def put(self, url: str, secret: str | None = None, disabled_at: str | None = None) -> Hook:
        hook: Hook = {
            "id": self.new_id("hook_"),
            "object": "Webhook",
            "mode": "test",
            "url": url,
            "created_at": f"2026-01-01T00:00:{self.made:02}Z",
            "disabled_at": disabled_at,
            "custom_headers": [],
            "webhook_secret": secret,
        }
        self.hooks[hook["id"]] = hook
        return hook

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Basic {b64encode(f'{KEY}:'.encode()).decode()}":
            return 401, {"error": {"code": "APIKEY.INVALID", "message": "This api key is no longer active."}}
        if asked.path == PATH and asked.method == "GET":
            return 200, {"webhooks": [without(hook, "webhook_secret") for hook in self.hooks.values()]}
        if asked.path == PATH:
            said = asked.sent.get("webhook", {})
            if not said.get("url") or said.keys() - {"url", "webhook_secret", "custom_headers"}:
                return 422, {"error": {"code": "PARAMETER.INVALID", "message": "Wrong parameters."}}
            return 201, without(self.put(said["url"], said.get("webhook_secret")), "webhook_secret")
        hook = self.hooks.get(asked.path.removeprefix(f"{PATH}/"))
        if hook is None:
            return 404, {"error": {"code": "NOT_FOUND", "message": "The requested resource could not be found."}}
        if asked.method == "DELETE":
            del self.hooks[hook["id"]]
            return 200, {}
        if asked.method == "PATCH":
            if asked.sent.keys() - {"webhook_secret", "custom_headers"}:
                return 422, {"error": {"code": "PARAMETER.INVALID", "message": "Wrong parameters."}}
            hook |= {**asked.sent, "disabled_at": None}
        return 200, without(hook, "webhook_secret")


@pytest.fixture
def easypost() -> Iterator[EasyPost]:
    service = EasyPost()
    with serve(service):
        yield service


@pytest.fixture
def work(tmp_path: Path, easypost: EasyPost) -> Work:
    keys = {"EASYPOST_API_KEY": KEY, "PARCEL_SECRET": SECRET}
    return Work(tmp_path, ACCOUNT.format(easypost.base_url), keys)


def test_a_webhook_is_made_in_its_own_envelope_and_holds(work: Work, easypost: EasyPost) -> None:
    work.write(ENTRY + "  webhook_secret: ${PARCEL_SECRET}\n")
    work.apply()
    assert easypost.writes() == [("POST", PATH, {"webhook": {"url": URL, "webhook_secret": SECRET}})]
    work.in_step()
    work.apply()
    assert easypost.writes() == []


def test_only_every_event_can_be_had(work: Work) -> None:
    work.write(ENTRY.replace("'*'", "tracker.updated"))
    assert "tracker.updated" in work.refused("validate")


def test_one_that_was_switched_off_is_told_with_the_time_and_no_drift(work: Work, easypost: EasyPost) -> None:
    easypost.put(URL, disabled_at=AT)
    work.write(ENTRY)
    code, said = work.run("drift")
    assert (code, f"disabled_at: {AT}" in said) == (0, True), said


def test_none_can_be_switched_off(work: Work) -> None:
    work.write(ENTRY + "  active: false\n")
    assert "EasyPost doesn't support `active: false`" in work.refused("validate")


def test_one_that_must_be_on_is_switched_on(work: Work, easypost: EasyPost) -> None:
    hook = easypost.put(URL, disabled_at=AT)
    work.write(ENTRY + "  active: true\n")
    assert "active" in work.drifted()
    work.apply()
    assert easypost.writes() == [("PATCH", f"{PATH}/{hook['id']}", {})]
    work.in_step()


def test_a_url_with_another_secret_takes_another_webhook_made_first(work: Work, easypost: EasyPost) -> None:
    old = easypost.put(f"{URL}?token=old", disabled_at=AT)
    old["custom_headers"] = [{"name": "X-Key", "value": "theirs"}]
    work.write(ENTRY.replace(URL, f"{URL}?token=${{PARCEL_SECRET}}") + "  webhook_secret: ${PARCEL_SECRET}\n")
    work.apply()
    made, gone = easypost.writes()
    said = {"url": f"{URL}?token={SECRET}", "webhook_secret": SECRET, "custom_headers": old["custom_headers"]}
    assert made == ("POST", PATH, {"webhook": said})
    assert gone == ("DELETE", f"{PATH}/{old['id']}", None)
    work.in_step()


def test_headers_are_a_list_of_names_and_values(work: Work, easypost: EasyPost) -> None:
    work.write(ENTRY + "  custom_headers: {X-Key: '${PARCEL_SECRET}', X-Team: 'parcels ${PARCEL_SECRET}'}\n")
    work.apply()
    names = {one["name"]: one["value"] for one in easypost.only()["custom_headers"]}
    assert names == {"X-Key": SECRET, "X-Team": f"parcels {SECRET}"}
    work.in_step()
    easypost.only()["custom_headers"] = [{"name": "x-key", "value": "changed-by-hand"}]
    assert "changed-by-hand" not in work.drifted()
    work.apply()
    work.in_step()
    work.write(ENTRY + "  custom_headers: {}\n")
    work.apply()
    assert easypost.only()["custom_headers"] == []
    work.in_step()


def test_one_whose_secret_nobody_knows_is_not_replaced_without_one(work: Work, easypost: EasyPost) -> None:
    easypost.put(f"{URL}?token=old", secret="theirs")
    work.write(ENTRY.replace(URL, f"{URL}?token=${{PARCEL_SECRET}}"))
    assert "webhook_secret" in work.refused()
    assert len(easypost.hooks) == 1


def test_one_that_is_gone_is_deleted(work: Work, easypost: EasyPost) -> None:
    easypost.put(URL)
    easypost.put("https://hooks.example.com/old")
    work.write(ENTRY)
    work.apply("--allow-losses", "1")
    assert easypost.only()["url"] == URL


def test_a_wrong_key_changes_nothing(work: Work, easypost: EasyPost) -> None:
    work.environment["EASYPOST_API_KEY"] = "another-key-of-somebody"
    work.write(ENTRY)
    work.refused("apply", "--auto-approve")
    assert easypost.hooks == {}


def test_what_is_adopted_is_in_step(work: Work, easypost: EasyPost) -> None:
    easypost.put(URL, secret="theirs", disabled_at=AT)
    work.write("")
    code, said = work.run("export", "--out", "adopted.yaml")
    assert code == 0, said
    (work.folder / "adopted.yaml").rename(work.folder / "webhooks.yaml")
    work.in_step()

"""What one writes by hand on Shippo's official SDK: `python -m benchmarks.sdk_loop FILE [--apply]`.

Its list is the first page only, whatever there is; that is mended here: the query of the next page is put into the
session that the SDK sends with. Without `--apply` it only compares, and exits with 2 where something would change.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import yaml
from shippo import Shippo
from shippo.models.components import Webhook, WebhookUpdateRequest


def listed(sdk: Shippo, session: requests.Session) -> Iterator[Webhook]:
    """Every webhook, not only those of the first page."""
    number: int | None = 1
    while number:
        session.params = {"page": number, "results": 100}
        page = sdk.webhooks.list_webhooks()
        yield from page.results
        number = number + 1 if page.next else None
    session.params = {}


def wanted_of(document: Any) -> dict[tuple[str, str], str]:  # noqa: ANN401 - YAML
    """The full URL of each webhook of the file, by its URL without the query and its event."""
    found: dict[tuple[str, str], str] = {}
    for entry in document["webhooks"].values():
        url = re.sub(r"\$\{(\w+)\}", lambda name: os.environ[name[1]], entry["url"])
        found |= {(url.partition("?")[0], event): url for event in entry["events"]}
    return found


def main() -> None:
    """Compare, and make it so where asked to."""
    document = yaml.load(Path(sys.argv[1]).read_bytes(), Loader=yaml.CSafeLoader)
    session, base_url = requests.Session(), document["accounts"]["live"]["base_url"]
    token = os.environ["SHIPPO_API_TOKEN"]
    sdk = Shippo(api_key_header=token, server_url=base_url, shippo_api_version="2018-02-08", client=session)
    wanted = wanted_of(document)
    there = {(one.url.partition("?")[0], str(one.event)): one for one in listed(sdk, session)}
    requested = {
        key: WebhookUpdateRequest(event=key[1], url=url, active=True, is_test=False) for key, url in wanted.items()
    }
    missing = [key for key in wanted if key not in there]
    changed = [key for key, url in wanted.items() if key in there and there[key].url != url]
    unwanted = [key for key in there if key not in wanted]
    print(f"{len(missing)} to create, {len(changed)} to change, {len(unwanted)} to delete")
    if "--apply" not in sys.argv:
        sys.exit(2 if missing or changed or unwanted else 0)
    for key in missing:
        sdk.webhooks.create_webhook(requested[key])
    for key in changed:
        sdk.webhooks.update_webhook(there[key].object_id, requested[key])
    for key in unwanted:
        sdk.webhooks.delete_webhook(there[key].object_id)


if __name__ == "__main__":
    main()

"""Keep one note of a merge request: the Markdown file that `reconciler --report markdown=FILE` wrote.

The note is found again by who wrote it and by the hidden marker in its first line, and is changed only if its text
changes. Needs `RECONCILER_GITLAB_TOKEN`, a project access token with the scope `api`; without one nothing is written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from requests.auth import AuthBase

SECONDS = 30


class PrivateToken(AuthBase):
    """Sends the token as GitLab wants it, whatever a `.netrc` says."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["PRIVATE-TOKEN"] = self._token
        return request


class GitLab:
    """The notes of the merge request that this job runs for."""

    def __init__(self, token: str) -> None:
        self._api = os.environ["CI_API_V4_URL"]
        project, number = os.environ["CI_MERGE_REQUEST_PROJECT_ID"], os.environ["CI_MERGE_REQUEST_IID"]
        self._notes = f"{self._api}/projects/{project}/merge_requests/{number}/notes"
        self._session = requests.Session()
        self._session.auth = PrivateToken(token)

    def keep(self, text: str) -> str:
        """Write the note, or change the one that is there; gives what was done."""
        marker, me = text.partition("\n")[0], self._call("GET", f"{self._api}/user").json()["id"]
        if not marker.startswith("<!-- reconciler:"):
            raise SystemExit("The file doesn't begin with the marker of a report: the note was not written.")
        done, found = "The note is up to date.", self._ours(marker, me)
        if not found:
            self._call("POST", self._notes, body=text)
            done, found = "A note was written.", self._ours(marker, me)  # and that of a pipeline at the same time
        for number, note in enumerate(found):
            url = f"{self._notes}/{note['id']}"
            if number:  # the first stays, whoever wrote it
                self._call("DELETE", url, may_be_gone=True)
            elif note["body"].strip() != text.strip():
                if not self._call("PUT", url, body=text, may_be_gone=True).ok:
                    self._call("POST", self._notes, body=text)
                done = "The note was updated."
        return done

    def _ours(self, marker: str, me: int) -> list[dict[str, Any]]:
        """The notes that this token's user wrote with this marker, the oldest first."""
        notes = (note for note in self._all() if (note["author"] or {}).get("id") == me)
        found = (note for note in notes if note["body"].partition("\n")[0].rstrip() == marker)
        return sorted(found, key=lambda note: int(note["id"]))

    def _all(self) -> Iterator[dict[str, Any]]:
        page = "1"
        while page:
            response = self._call("GET", self._notes, params={"per_page": "100", "page": page})
            yield from response.json()
            page = response.headers.get("x-next-page", "")

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, str] | None = None,
        body: str | None = None,
        may_be_gone: bool = False,
    ) -> requests.Response:
        json = None if body is None else {"body": body}
        response = self._session.request(method, url, params=params, json=json, timeout=SECONDS, allow_redirects=False)
        is_gone = may_be_gone and response.status_code == requests.codes.not_found
        if (not response.ok or response.is_redirect) and not is_gone:
            raise SystemExit(f"GitLab answered {response.status_code}: the note could not be written.")
        return response


def main(path: str) -> None:
    """Keep the note with the text of this file."""
    token = os.environ.get("RECONCILER_GITLAB_TOKEN")
    file = Path(path)
    if not token or not file.is_file():
        print("No note is written:", "the plan wrote no report." if token else "RECONCILER_GITLAB_TOKEN is not set.")
        return
    try:
        print(GitLab(token).keep(file.read_text(encoding="utf-8")))
    except requests.RequestException as error:
        raise SystemExit(f"GitLab could not be reached ({type(error).__name__}): the note was not written.") from None


if __name__ == "__main__":
    main(*sys.argv[1:])

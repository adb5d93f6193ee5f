"""GitHub's REST API, as far as the action needs it: with pages to the end, and errors that say what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import Retry

SECONDS = 30
_LONGEST = 300
_NEEDED = {  # https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
    "issues": "`issues: write` (for comments and labels of a pull request: `pull-requests: write`)",
    "commits": "`pull-requests: read`",
    "actions": "`actions: read`",
}
"""The permission that a job needs for calls of each part of the API."""


class ApiError(Exception):
    """GitHub refused a call, or could not be reached; the text says what to do, and has nothing secret."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@contextmanager
def understood() -> Iterator[None]:
    """Make an ApiError of what an answer has in another form than GitHub documents."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError):
        raise ApiError("GitHub's API gave an answer that is of no known form.") from None


class _Bearer(AuthBase):
    """A header alone would be replaced by a `.netrc`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Api:
    """The API for one repository; every call raises ApiError where GitHub refuses it."""

    def __init__(self, token: str, repository: str) -> None:
        self._url = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        self._graphql = os.environ.get("GITHUB_GRAPHQL_URL", f"{self._url}/graphql")
        self._repository = f"{self._url}/repos/{repository}"
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.update({"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"})
        # What only reads is sent again: what writes may have been done.
        retry = Retry(total=3, backoff_factor=0.5, status_forcelist=(502, 503, 504), allowed_methods=("GET",))
        self._session.mount(self._url, HTTPAdapter(max_retries=retry))

    @cached_property
    def login(self) -> str:
        """Who writes what this token writes: `github-actions[bot]` with a job's own token."""
        answer = self._call("POST", self._graphql, {"query": "query { viewer { login } }"})
        return str(answer.json()["data"]["viewer"]["login"])

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """One object."""
        return self._call("GET", f"{self._repository}/{path}", query=query).json()

    def pages(self, path: str, key: str = "", **query: str) -> Iterator[Any]:
        """The items of all pages of a list, or of the list under a key."""
        url: str | None = f"{self._repository}/{path}"
        asked: dict[str, str] = {**query, "per_page": "100"}
        while url:
            answer = self._call("GET", url, query=asked)
            found = answer.json()
            yield from found[key] if key else found
            url, asked = answer.links.get("next", {}).get("url"), {}
            if url and urlsplit(url)[:2] != urlsplit(self._url)[:2]:  # the token goes nowhere else
                raise ApiError("GitHub's API has the next page of a list at another host.")

    def send(self, method: str, path: str, document: object = None) -> Any:  # noqa: ANN401 - JSON
        """Write something; gives what it has become, None for nothing."""
        answer = self._call(method, f"{self._repository}/{path}", document)
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Delete something; it is as well if it is gone already."""
        try:
            self.send("DELETE", path)
        except ApiError as error:
            if error.status != requests.codes.not_found:
                raise

    @staticmethod
    def quoted(name: str) -> str:
        """A name as a part of a path."""
        return quote(name, safe="")

    def _call(
        self, method: str, url: str, document: object = None, query: dict[str, str] | None = None
    ) -> requests.Response:
        try:
            answer = self._session.request(
                method, url, json=document, params=query, timeout=SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            raise ApiError(f"GitHub's API can't be reached ({type(error).__name__}).") from None
        if answer.ok and not answer.is_redirect:
            return answer
        part = url.removeprefix(f"{self._repository}/").partition("/")[0]
        message = _message(answer)
        text = f"GitHub refused {method} {part} with {answer.status_code} ({message})."
        if message in ("Resource not accessible by integration", "Not Found") and part in _NEEDED:
            text += f" Does the job have the permission {_NEEDED[part]}?"
        raise ApiError(text, answer.status_code)


def _message(answer: requests.Response) -> str:
    """What GitHub says of an error, such as that a rate limit is reached, or that a conversation is locked."""
    try:
        return str(answer.json()["message"])[:_LONGEST]
    except (LookupError, TypeError, ValueError):
        return str(answer.reason)

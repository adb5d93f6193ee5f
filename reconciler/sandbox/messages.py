"""HTTP messages: a request as it was read, and a response as it goes out."""

import json
from collections.abc import Mapping
from email.message import Message

from msgspec import Struct


class Request(Struct, frozen=True, kw_only=True):
    """A request, whole."""

    method: str
    path: str  # percent-decoded, without the query
    query: Mapping[str, str]  # the first value of each parameter
    headers: Message
    body: bytes
    base_url: str  # the server's address as the client calls it, for links
    target: str = ""  # path and query as they were sent

    @property
    def raw_path(self) -> str:
        """The path as it was sent, where a `%2F` is not a `/`."""
        return self.target.partition("?")[0]


class Response(Struct, frozen=True, kw_only=True):
    """A response; its length and what is about the connection are added when it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def json_response(status: int, document: object, *headers: tuple[str, str]) -> Response:
    """A response with a JSON document."""
    headers = (("Content-Type", "application/json"), *headers)
    return Response(status=status, headers=headers, body=json.dumps(document).encode("ascii"))


class RequestError(Exception):
    """A request that has this answer, and no effect: `problem` is its `detail`, or its whole document."""

    def __init__(self, status: int, problem: str | Mapping[str, object], *headers: tuple[str, str]) -> None:
        document = {"detail": problem} if isinstance(problem, str) else problem
        self.response = json_response(status, document, *headers)

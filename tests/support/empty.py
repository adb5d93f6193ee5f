"""An account without webhooks at any provider: a server that answers each list as its declaration says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from reconciler.provider import AfterLast, NextUrl, Offset, PageToken, Provider, Rest
from tests.support.serving import serving


def empty_list(api: Rest) -> object:
    """What an API answers where there are none."""
    if not api.items:
        return []
    match api.paging:
        case NextUrl(count=count) if count:
            return {api.items: [], count: 0}
        case PageToken(done=done) if done:
            return {api.items: [], done: True}
        case AfterLast(more=more) | Offset(more=more):
            return {api.items: [], more: False}
    return {api.items: []}


@contextmanager
def empty_server(provider: Provider) -> Iterator[str]:
    """Serve a provider's API without webhooks, for whatever place and token; its base URL."""
    assert provider.rest is not None
    body = json.dumps(empty_list(provider.rest)).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as base_url:
        yield base_url

"""Where secrets are taken out of their types: each place is known, and has a reason."""

from __future__ import annotations

import ast
from pathlib import Path

import reconciler

PACKAGE = Path(reconciler.__file__).parent

MAY_REVEAL = {
    # reads the characters to find their structure, and gives out values that print masked
    "config/accounts.py",
    "config/checks.py",
    "config/interpolation.py",
    "config/urls.py",
    "export/describe.py",
    "export/sections.py",
    "model/endpoint.py",
    "model/known_urls.py",
    "model/pattern.py",
    "model/provider_form.py",
    "model/redaction.py",
    "model/url.py",
    "model/url_characters.py",
    # builds a request, or keeps what was sent out of what is said
    "doctor/probe.py",
    "http/errors.py",
    "http/transport.py",
    "providers/wire.py",
    "http/calls.py",
    "providers/rest.py",
    # passes on a secret that a provider made, to whom the user says
    "library.py",
    "operations/secret_sinks.py",
    # compares account ids that are sent in a header
    "planning/overlap.py",
    # compares listed ids with the token, which none of them may show
    "planning/places.py",
    # sees whether a URL is nothing but a mask
    "planning/refusals.py",
    # counts characters, to bound what a list may hold
    "providers/paging.py",
    # gathers what two plans are compared by, which is digested where it is kept
    "model/plan.py",
    "model/webhook.py",
}


def test_secrets_are_revealed_only_where_that_is_known() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr == "reveal" for node in ast.walk(tree)):
            found.add(path.relative_to(PACKAGE).as_posix())
    assert found - {"model/secret.py"} == MAY_REVEAL

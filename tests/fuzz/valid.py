"""Valid files to be spoiled: the examples, the cases of the configuration's tests, and one that has everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tests.config.test_cases import ALL, MORE, OPTIONS
from tests.config.test_edits import FILE
from tests.config.tools import inputs, loaded, used_in
from tests.e2e.test_examples import EXAMPLES, TOKENS

LATIN = "# Grüße, 変更, \N{PILE OF POO}\n" + FILE.replace("orders:", '"orders":').replace("\n", "\r\n")

ENVIRONMENT = {**MORE, **TOKENS}
VARIABLES = {**OPTIONS, "STAGE": "staging", "MODE": "live"}


class Valid(Struct, frozen=True):
    """A file without an error."""

    name: str
    text: str


def _all() -> Iterator[Valid]:
    yield Valid("everything", FILE)
    yield Valid("other-letters-and-line-ends", LATIN)
    for path in sorted(Path(EXAMPLES).glob("*/webhooks.yaml")):
        yield Valid(path.parent.name, path.read_text(encoding="utf-8"))
    for case in ALL:
        text = re.sub(r"\\x([0-9a-f]{2,4});", lambda found: chr(int(found[1], 16)), case.text)
        found = loaded(inputs(text, environment=ENVIRONMENT, variables=used_in(text, VARIABLES)))
        if found.configuration is not None:
            yield Valid(case.id, text)


VALID = tuple(_all())
"""All of them."""

"""Checks a built site: each link within it leads somewhere, and no page loads anything from another host.

    python docs/links.py docs/_build/html

Links to other sites aren't followed, only those that name a file of this repository are looked up in it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from reconciler.view.documents import SITE

ROOT = Path(__file__).parent.parent
REPOSITORY = "https://github.com/webhook-reconciler/webhook-reconciler/"
_LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}


class Page(HTMLParser):
    """The anchors of a page, where it leads, and what it loads."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what matters of a tag."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif given.get("rel") not in ("canonical", "prev", "next"):
            self.loaded += [value for name, value in given.items() if (tag, name) in _LOADED]


def broken(site: Path) -> Iterator[str]:
    """What is wrong, a line each."""
    pages = {SITE + file.relative_to(site).as_posix(): Page(file) for file in sorted(site.rglob("*.html"))}
    for address, page in pages.items():
        for link in page.loaded:
            target = urldefrag(urljoin(address, link))[0]
            if not (target.startswith(("data:", SITE)) and _is_there(site, target)):
                yield f"{address}: loads {link}"
        for link in page.links:
            target, anchor = urldefrag(urljoin(address, link))
            target += "index.html" if target == SITE else ""
            if target.startswith(f"{SITE}_downloads/"):
                yield f"{address}: a copy of a file outside docs, link to it in the repository: {link}"
            elif target in pages:
                if anchor and unquote(anchor) not in pages[target].anchors:
                    yield f"{address}: no such heading: {link}"
            elif target.startswith((SITE, REPOSITORY)) and not _is_there(site, target):
                yield f"{address}: no such page or file: {link}"


def unserved(site: Path) -> Iterator[str]:
    """The schemas whose address leads nowhere, a line each."""
    for schema in sorted((ROOT / "schemas").glob("*.schema.json")):
        address = json.loads(schema.read_text(encoding="utf-8"))["$id"]
        if not (address.startswith(SITE) and _is_there(site, address)):
            yield f"{schema.name}: nothing is at its $id, {address}"


def _is_there(site: Path, target: str) -> bool:
    """Whether an address of the site, or of a file of the repository, has something behind it."""
    path = unquote(urlsplit(target).path)
    if target.startswith("data:"):
        return True
    if target.startswith(SITE):
        return (site / path.removeprefix(urlsplit(SITE).path)).is_file()
    kind, _, rest = path.removeprefix(urlsplit(REPOSITORY).path).partition("/main/")
    return kind not in ("blob", "tree", "edit") or (ROOT / rest).exists()


if __name__ == "__main__":
    found = [*broken(Path(sys.argv[1])), *unserved(Path(sys.argv[1]))]
    print(*found, sep="\n", end="\n" if found else "")  # noqa: T201 - a script
    sys.exit(1 if found else 0)

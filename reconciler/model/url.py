"""A webhook's URL: its parts with their origins, its normal form, and the endpoint it names.

Source of the normal form: RFC 3986 6.2.2 and 6.2.3, RFC 5952 for IPv6, IDNA 2008 with UTS 46 for host names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Self
from urllib.parse import quote, unquote, unquote_to_bytes

from reconciler.model.characters import is_masked
from reconciler.model.diagnostic import UrlError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS, Endpoint, QueryItem, param_name
from reconciler.model.host import host_is_loopback, normal_host, normal_port
from reconciler.model.secret import NEW, SET, SHOWN_BY_NAME, Frozen, Origin, Part, SecretText, replace, sealed
from reconciler.model.url_characters import check_variable_places

_SHAPE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>.*))?")
_USUAL_HEAD = re.compile(
    r"(https?)://([A-Za-z0-9.-]+(?::[0-9]+)?)((?:/(?!\.)[A-Za-z0-9\-._~!$&'()*+,;=:@]*)*)",
)
"""What stands before the query of a URL whose path is in normal form as it stands, which most are."""
_USUAL = re.compile(rf"{_USUAL_HEAD.pattern}(?:\?([A-Za-z0-9\-._~!$&'()*+,=:@/?]*))?")
_FORBIDDEN = r"[\s\\\x00-\x1f\x7f-\x9f\ud800-\udfff]"
_BAD_ESCAPE = r"%(?![0-9A-Fa-f]{2})"
_NOT_NORMAL = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]")


MASK = "*****"
"""What stands for a secret where a URL is written for its name alone."""


@sealed
class Url(Frozen):
    """A webhook's URL. Equal where everything is equal in normal form, secret parameters too."""

    __slots__ = ("_segments", "endpoint", "items", "secrets", "source")
    endpoint: Endpoint
    secrets: tuple[str, ...]  # the secret parameters' items in normal form, sorted by name
    source: SecretText  # the characters as written, which are what is sent
    items: tuple[QueryItem, ...]
    _segments: tuple[SecretText, ...] | None  # None until they are asked for

    def __new__(
        cls,
        endpoint: Endpoint,
        secrets: tuple[str, ...],
        source: SecretText,
        items: tuple[QueryItem, ...],
        _segments: tuple[SecretText, ...] | None = None,
    ) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.endpoint, made.secrets, made.source, made.items, made._segments = (
            endpoint,
            secrets,
            source,
            items,
            _segments,
        )
        made.__class__ = cls
        return made

    @property
    def segments(self) -> tuple[SecretText, ...]:
        """The path after its first slash, as written, dot segments resolved."""
        if self._segments is not None:
            return self._segments
        found = _SHAPE.fullmatch(self.source.reveal())
        path = SecretText(()) if found is None else self.source.slice(*found.span("path"))
        segments, _ = _path(path)
        SET(self, "_segments", segments)
        return segments

    @property
    def is_known(self) -> bool:
        """Whether no variable in it is unset."""
        return self.source.is_known

    @property
    def has_clear_path(self) -> bool:
        """Whether all of its path is one text, and no variable's value that is secret."""
        parts = self.source.parts
        return parts[0].origin not in SHOWN_BY_NAME and (len(parts) == 1 or "?" in parts[0].text)

    @property
    def clear_head(self) -> str | None:
        """What stands before its query, if the file writes that in clear and in normal form, as most files do."""
        if not self.has_clear_path or Origin.PROVIDER in self.source.origins():
            return None
        head = self.reveal().partition("?")[0]
        return head if head == self.endpoint.head else None

    @property
    def whole_variable(self) -> str:
        """The name of the environment variable that holds the whole URL, or nothing."""
        parts = self.source.parts
        return parts[0].name if len(parts) == 1 and parts[0].origin in SHOWN_BY_NAME else ""

    @property
    def symbolic(self) -> Endpoint:
        """The endpoint as it may be judged aloud: variables in its path by name, whatever they hold."""
        if self.has_clear_path:
            return self.endpoint
        path = "/" + "/".join(normal_text(segment.symbolic().reveal()) for segment in self.segments)
        return replace(self.endpoint, path=path)

    @property
    def has_unset_endpoint(self) -> bool:
        """Whether its endpoint isn't known: a variable in its path or in what tells webhooks apart is not set."""
        parts = [*self.segments, *(item.text for item in self.items if not item.secret)]
        return not self.source.parts[0].is_set or not all(text.is_known for text in parts)

    @property
    def is_loopback(self) -> bool:
        return host_is_loopback(self.endpoint.host)

    def reveal(self) -> str:
        return self.source.reveal()

    @property
    def masked_params(self) -> tuple[str, ...]:
        """The secret parameters whose value is a mask, as services show secrets."""
        return tuple(item.name for item in self.items if item.secret and is_masked(unquote(item.value)))

    @property
    def told(self) -> str:
        """The URL in normal form with a mask for each secret parameter's value."""
        secrets = tuple(f"{item.name}={MASK}" for item in self.items if item.secret)
        return replace(self.endpoint, query=(*self.endpoint.query, *sorted(secrets))).reveal()

    def with_secrets_of(self, other: Url) -> Url:
        """This endpoint with the other's secret parameters: what `ignore_changes: [url]` wants."""
        if self.secrets == other.secrets:
            return self
        public, secret = (item for item in self.items if not item.secret), (item for item in other.items if item.secret)
        return self._with_items((*public, *secret))

    def with_unset_of(self, other: Url) -> Url:
        """The same with the other's values where a variable in a secret parameter is not set."""
        theirs = {item.name: item for item in other.items if item.secret}
        return self._with_items(
            tuple(item if item.text.is_known else theirs.get(item.name, item) for item in self.items)
        )

    def _with_items(self, items: tuple[QueryItem, ...]) -> Url:
        base, _, _ = self.source.reveal().partition("?")
        secrets = tuple(item.normal for item in sorted(items, key=lambda item: item.name) if item.secret)
        texts = [self.source.slice(0, len(base))]
        if items:
            texts.append(SecretText.joined((item.text for item in items), "&"))
        return replace(self, secrets=secrets, source=SecretText.joined(texts, "?"), items=items)

    @property
    def length(self) -> int:
        """How many characters are sent."""
        return len(self.reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Url):
            return NotImplemented
        return self is other or (self.endpoint == other.endpoint and self.secrets == other.secrets)

    def __hash__(self) -> int:
        return hash((self.endpoint, self.secrets))

    def __str__(self) -> str:
        return str(self.endpoint)

    def __repr__(self) -> str:
        return f"Url({self})"


def parse_url(text: SecretText, secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS) -> Url:
    """Read a URL, from the file or from a provider; UrlError where it has no normal form.

    Names of secret parameters: as `param_name` gives them.
    """
    raw = text.reveal()
    if len(text.parts) > 1:
        check_variable_places(text)
    usual = _USUAL.fullmatch(raw)
    if usual is not None:
        scheme, authority, path, has_query = usual.groups()
        scheme, host, port = _authority(scheme, authority)
        items, public, secrets = _NO_QUERY
        if has_query:
            items, public, secrets = _query(text.slice(usual.start(4), len(raw)).parts, secret_params)
        endpoint = Endpoint(scheme=scheme, host=host, port=port, path=path or "/", query=public)
        return Url(endpoint=endpoint, secrets=secrets, source=text, items=items)
    if re.search(_FORBIDDEN, raw):
        message = "the URL has white space, a control character or a backslash in it"
        raise UrlError("url-character", message, "Remove it.")
    if "#" in raw:
        message = "the URL has a fragment (`#`), which is never sent"
        raise UrlError("url-fragment", message, "Remove the `#` and what follows it.")
    found = _SHAPE.fullmatch(raw)
    if found is None or not found["authority"]:
        raise UrlError("url-host", "the URL has no host", "Write it as `https://host/path`.")
    if re.search(_BAD_ESCAPE, raw):
        message = "the URL has a `%` that doesn't start a valid escape"
        raise UrlError("url-escape", message, "Write a literal `%` as `%25`.")
    scheme, host, port = _authority(found["scheme"].lower(), found["authority"])
    segments, path = _path(text.slice(*found.span("path")))
    if ";" in (found["query"] or ""):
        message = "the URL has a `;` in its query, which receivers interpret differently"
        raise UrlError("url-query", message, "Write `%3B`, or separate parameters with `&`.")
    items, public, secrets = _NO_QUERY
    if found["query"]:
        items, public, secrets = _query(text.slice(*found.span("query")).parts, secret_params)
    endpoint = Endpoint(scheme=scheme, host=host, port=port, path=path, query=public)
    return Url(endpoint=endpoint, secrets=secrets, source=text, items=items, _segments=segments)


def usual_endpoint(head: str, query: tuple[str, ...]) -> Endpoint | None:
    """The endpoint of a URL that begins with this text; None where that isn't in normal form as it stands."""
    usual = _USUAL_HEAD.fullmatch(head)
    if usual is None:
        return None
    scheme, authority, path = usual.groups()
    try:
        _, host, port = _authority(scheme, authority)
    except UrlError:
        return None
    is_normal = path and authority == (host if port is None else f"{host}:{port}")
    return Endpoint(scheme, host, port, path, query) if is_normal else None


_Query = tuple[tuple[QueryItem, ...], tuple[str, ...], tuple[str, ...]]
_NO_QUERY: _Query = ((), (), ())


@lru_cache(maxsize=256)  # the URLs of a file often have one query
def _query(parts: tuple[Part, ...], secret_params: frozenset[str]) -> _Query:
    """A query's items, and those in normal form that are a part of the endpoint, and those that are secret."""
    items = tuple(_item(item, secret_params) for item in SecretText(parts).split("&"))
    in_order = sorted(items, key=lambda item: item.name)
    public, secrets = (tuple(item.normal for item in in_order if item.secret is secret) for secret in (False, True))
    return items, public, secrets


_LONGEST_ODD = 10_000  # characters of a URL without a normal form that anybody looks into
_HALF = r"[\ud800-\udfff]"
_PLACE = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?:[^/?#@\\]*@)?(?P<authority>[^/?#@\\\s]+)(?P<path>(?:/[^?#@]*)?)(?:[?#][^@]*)?",
    re.DOTALL,
)


def lenient_endpoint(text: SecretText) -> Endpoint | None:
    """Where a URL leads that `parse_url` refuses: its endpoint without user info, query and fragment.

    Good for `absent`, `protect` and `known`, which look at scheme, host, port and path alone. None where programs may
    read even these in different ways: an `@` or a backslash at the wrong place moves the host.
    """
    raw = text.reveal().strip()
    found = _PLACE.fullmatch(raw)
    if found is None or len(raw) > _LONGEST_ODD or re.search(_HALF, raw):
        return None
    try:
        scheme, host, port = _authority(found["scheme"].lower(), found["authority"])
    except UrlError:
        return None
    _, path = _path(SecretText.literal(found["path"]))
    return Endpoint(scheme=scheme, host=host, port=port, path=path)


def check_wanted(url: Url, limit: int) -> None:
    """UrlError where a URL may not be sent: it is as long as the first length that is refused."""
    if url.length >= limit:
        message = f"the URL has {limit} characters or more, which the provider refuses"
        raise UrlError("url-too-long", message, f"Make it shorter than {limit} characters.")


def normal_text(text: str) -> str:
    """Percent-encoding in normal form: unreserved characters clear, else upper-case (RFC 3986 6.2.2.1 and 6.2.2.2)."""
    return _NOT_NORMAL.sub(lambda unit: quote(unquote_to_bytes(unit[0]), safe=""), text)


@lru_cache(maxsize=256)  # files and accounts have many URLs of few hosts
def _authority(scheme: str, authority: str) -> tuple[str, str, int | None]:
    if scheme not in ("https", "http"):
        raise UrlError("url-scheme", "the URL is neither https nor http", "Write it as `https://host/path`.")
    if "@" in authority:
        raise UrlError(
            "url-userinfo",
            "the URL has user info (`user:password@`), which providers don't support and logs show",
            "Remove it; put a secret in a query parameter such as `?token=${NAME}`.",
        )
    has_port = authority.rfind(":") > authority.rfind("]")
    host, _, port = authority.rpartition(":") if has_port else (authority, "", "")
    return scheme, normal_host(host), normal_port(scheme, port)


def _path(path: SecretText) -> tuple[tuple[SecretText, ...], str]:
    """The segments without dot segments, and the path in normal form (RFC 3986 5.2.4)."""
    kept: list[tuple[SecretText, str]] = []
    texts = list(path.split("/"))[1:] or [SecretText(())]
    for number, text in enumerate(texts, 1):
        segment = normal_text(text.reveal())
        if segment == "..":
            del kept[-1:]
        if segment not in (".", ".."):
            kept.append((text, segment))
        elif number == len(texts):
            kept.append((SecretText(()), ""))
    return tuple(text for text, _ in kept), "/" + "/".join(segment for _, segment in kept)


def _item(text: SecretText, secret_params: frozenset[str]) -> QueryItem:
    normal = normal_text(text.reveal())
    return QueryItem(text, normal, param_name(normal.partition("=")[0]) in secret_params)

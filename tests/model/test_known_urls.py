"""A provider's URL in the characters of one of the files is the one that reading it again would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.known_urls import KnownUrls
from reconciler.model.redaction import Redaction
from reconciler.model.secret import SecretText, replace
from reconciler.model.url import Url
from tests.model.texts import env, sent, text, unset, written
from tests.support.builders import entry

_SEGMENTS = st.sampled_from(["", ".", "..", "shippo", "%41b", "ä", "a1B2c3D4e5", "q7X2kPz9LmW4", "%2f", "shop-1"])
_ITEMS = st.sampled_from(["", "a", "a=1", "token=s3cr3t", "b=%7e", "token=", "code=q7X2kPz9LmW4", "a=1=2", "%74oken=x"])
_SECRET = "q7X2kPz9LmW4"


@st.composite
def _texts(draw: st.DrawFn) -> str:
    path = "/".join(draw(st.lists(_SEGMENTS, max_size=4)))
    query = "&".join(draw(st.lists(_ITEMS, max_size=4)))
    return f"https://H.io:443{f'/{path}' if path else ''}{f'?{query}' if query else ''}"


def _known(*urls: Url) -> KnownUrls:
    return KnownUrls([entry(f"e{number}", url) for number, url in enumerate(urls)])


@given(raw=_texts(), is_whole=st.booleans())
def test_it_is_what_reading_it_again_would_give_and_shown_as_the_file_writes_it(raw: str, is_whole: bool) -> None:  # noqa: FBT001
    own = written(env("HOOK_URL", raw)) if is_whole else written(raw)
    found, again = _known(own).find(raw), sent(raw)
    assert found is own
    assert found == again == own
    assert hash(found) == hash(again)
    assert (found.endpoint, found.secrets, found.source) == (again.endpoint, again.secrets, again.source)
    assert [segment.reveal() for segment in found.segments] == [segment.reveal() for segment in again.segments]
    assert [(one.text, one.normal, one.secret) for one in found.items] == [
        (one.text, one.normal, one.secret) for one in again.items
    ]
    assert found.has_unset_endpoint is again.has_unset_endpoint is False
    shown = Redaction([own]).seeing([found]).show(found)
    assert (shown == "${HOOK_URL}") is is_whole
    assert "s3cr3t" not in shown.partition("?")[2]
    assert _SECRET not in shown.partition("?")[2]
    assert str(replace(found, secrets=("token=y",))) == str(again)


def test_another_spelling_is_not_found() -> None:
    known = _known(written("https://h.io/a?token=", env("T", _SECRET)))
    assert known.find(f"https://h.io/a?token={_SECRET}&") is None
    assert known.find(f"https://H.io/a?token={_SECRET}") is None


def test_what_an_unset_variable_holds_is_not_known() -> None:
    assert _known(written("https://h.io/", unset("T", "abc"))).find("https://h.io/abc") is None


def test_nothing_of_it_is_printed() -> None:
    known = _known(written("https://h.io/a?token=", env("T", _SECRET)))
    found = known.find(f"https://h.io/a?token={_SECRET}")
    assert _SECRET not in f"{found!r} {found} {known!r}"
    assert text("https://h.io").reveal() not in repr(known)
    assert isinstance(found and found.source, SecretText)

"""`fmt`: one style, the same meaning, every comment; or a refusal that changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.diagnostics import Diagnostics, SourceText
from reconciler.config.formatting import formatted
from reconciler.config.yaml_nodes import parse
from reconciler.config.yaml_values import Document

ROOT = Path(__file__).parents[2]
SCALARS = [
    "a", "true", "yes", "~", "0o14", "1_000", "1e3", "2020-01-01", "12:30:45", "https://x/y#z?a=${B}", "''", "'it''s'",
    '"a # b"', '"${HOOK}"', "'true'", "a,b", "a, b", "é ☃", '"\\n\\"\\\\"', "- a", "a: b",
]  # fmt: skip
KEYS = ["a", "b-c", "x_1", "'q'", '"d"', "<<x", "long-key-of-a-mapping"]


@st.composite
def blocks(draw: st.DrawFn, column: int = 0, depth: int = 0) -> list[str]:
    """The lines of a block mapping or list in this column, in nobody's style."""
    lines: list[str] = []
    is_list = depth > 0 and draw(st.booleans())
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique_by=lambda one: one.strip("'\""))):
        margin = " " * column
        lines += draw(st.lists(st.sampled_from(["", f"{margin}# a comment", f"{margin}#   another: one"]), max_size=2))
        step, gap = draw(st.integers(1, 5)), " " * draw(st.integers(1, 3))
        start = f"{margin}-" if is_list else f"{margin}{key}:"
        ending = draw(st.sampled_from(["", "", "   # beside it", "  ", "\t"]))
        kind = draw(st.sampled_from(["scalar", "flow", "text", "block", "empty"] if depth < 3 else ["scalar"]))
        if kind == "scalar":
            value = draw(st.sampled_from([one for one in SCALARS if one[:2] != "- " and ": " not in one]))
            lines.append(f"{start}{gap}{value}{ending}")
        elif kind == "flow":
            space = draw(st.sampled_from(["", " ", "   "]))
            value = draw(st.sampled_from(["[b,c]", "{d: e,f: [g]}", "[]", "{}", "[b , 'c']", "[b,c, ]", "[b,\nLc]"]))
            value = value.replace(",", f",{space}").replace("[b", f"[{space}b").replace("L", f"{margin}      ")
            lines += f"{start}{gap}{value}{ending}".split("\n")
        elif kind == "text":
            inner = " " * (column + step)
            mark = draw(st.sampled_from(["|", ">", "|-", ">-"]))
            lines += [
                f"{start}{gap}{mark}",
                f"{inner}# no comment",
                f"{inner}{'  ' * (mark[0] == '|')}more",
                "",
                f"{inner}end: - x",
            ]
        elif kind == "block":
            inner_lines = draw(blocks(column + step + is_list, depth + 1))
            if is_list:  # `- a: 1`, and the rest below `a`
                while inner_lines[0].strip()[:1] in ("", "#"):
                    inner_lines.pop(0)
                lines.append(start + inner_lines.pop(0)[column + 1 :])
            else:
                lines.append(start + ending)
            lines += inner_lines
        else:
            lines.append(start if is_list else start + ending.replace("\t", ""))
    return lines


@st.composite
def files(draw: st.DrawFn) -> str:
    head = draw(st.sampled_from(["", "# head\n", "# head\n\n", "---\n", "# head\n---\n", "\n\n"]))
    base = draw(
        st.sampled_from(["", "x-base: &base {a: 1,b: 2}\nx-use: {<<: *base}\nx-list: [*base]\n", "x: &unused y\n"])
    )
    end = draw(st.sampled_from(["\n", "", "\n\n\n", "\n# end\n"]))
    text = head + base + "\n".join([*draw(blocks()), "x-last: {}"]) + end
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def _format(text: str) -> str | None:
    noted = Diagnostics()
    result = _formatted(text, noted)
    assert (result is None) == bool(noted.errors)
    return None if result is None else result.source.text


def _formatted(text: str, noted: Diagnostics) -> Document | None:
    document = parse(SourceText("x.yaml", text), noted)
    return None if document is None else formatted(document, noted)


def _meaning(text: str) -> str:
    document = parse(SourceText("x.yaml", text), Diagnostics())
    assert document is not None, text
    return repr(document.root)


@given(text=files())
def test_formatted_file_means_the_same_and_stays_as_it_is(text: str) -> None:
    done = _format(text)
    assert done is not None, text
    assert _meaning(done) == _meaning(text)
    assert _format(done) == done
    assert [line.strip() for line in done.split("\n") if line.strip()[:1] == "#"] == [
        line.strip() for line in text.splitlines() if line.strip()[:1] == "#"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a:   1\nb : 2\n", "a: 1\nb: 2\n", id="spaces"),
        pytest.param("a:\n    b:\n          c: 1\n", "a:\n  b:\n    c: 1\n", id="levels"),
        pytest.param("a:\n- b\n-   c\n", "a:\n  - b\n  - c\n", id="lists"),
        pytest.param("a: [ b,c , 'd' ]\nb: {c:   d}\n", "a: [b, c, 'd']\nb: {c: d}\n", id="in-brackets"),
        pytest.param("a: [\n  b,\n  c,\n]\n", "a: [b, c]\n", id="brackets-over-lines"),
        pytest.param("a: 1   \n\n\n", "a: 1\n", id="ends"),
        pytest.param("\r\na: 1\r\nb:  2", "a: 1\r\nb: 2\r\n", id="line-ends"),
        pytest.param("# x\n---\na:  1\n", "# x\n---\na: 1\n", id="document-start"),
        pytest.param(
            "a: &x\n    b: 1\nc: &unused d\ne:\n    <<:   *x\n",
            "a: &x\n  b: 1\nc: &unused d\ne:\n  <<: *x\n",
            id="anchors",
        ),
        pytest.param("a: ~\nb:\nc: yes\nd: 0o7\ne: 1_0\nf: 'x'\ng: \"y\"\n", None, id="scalars-stay-as-they-are"),
        pytest.param("a: 1 # x\n\n# y\nb: 2\n\n\nc: 3\n", None, id="comments-and-empty-lines-stay"),
        pytest.param("a: 1      # x\nlong: 2   # y\n", None, id="comments-below-each-other-stay"),
        pytest.param("a: https://x/?t=${T}#f\nb: ${B:-c d}\n", None, id="variables-stay"),
        pytest.param("a: " + "word " * 60 + "end\n", None, id="no-line-is-broken"),
        pytest.param(
            "a:\n    # of b\n    b:\n        # of c\n        c: 1\n    # of a, at its end\n# of d\nd: 1\n# end\n",
            "a:\n  # of b\n  b:\n    # of c\n    c: 1\n  # of a, at its end\n# of d\nd: 1\n# end\n",
            id="comments-move-with-their-level",
        ),
        pytest.param(
            "a:\n    b: |\n        # text\n          x\n\n        y\n    c: >-\n        z\n        z\n",
            "a:\n  b: |\n    # text\n      x\n\n    y\n  c: >-\n    z\n    z\n",
            id="block-scalars",
        ),
    ],
)  # fmt: skip
def test_style(before: str, after: str | None) -> None:
    assert _format(before) == (before if after is None else after)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        pytest.param("a: 1\nb: [c, # x\n  d]\n", 2, 8, id="comment-in-brackets"),
        pytest.param('a: "\\u00e9"\n', 1, 5, id="escape"),
        pytest.param("a: |+\n  x\n", 1, 5, id="chomping-that-says-nothing"),
        pytest.param("a: 1\n...\n", 2, 1, id="document-end"),
    ],
)
def test_what_would_change_more_than_white_space_is_refused(text: str, line: int, column: int) -> None:
    noted = Diagnostics()
    assert _formatted(text, noted) is None
    (found,) = noted.found
    assert (found.code, str(found.place)) == ("format-unsafe", f"x.yaml:{line}:{column}")


def test_style_that_would_change_again_is_refused() -> None:
    # The library gives the comment a line of its own, and the next time another column.
    noted = Diagnostics()
    assert _formatted("&a # b\nc: 1\n", noted) is None
    assert [one.code for one in noted.found] == ["format-unsafe"]


OURS = sorted([ROOT / "reconciler/cli/starter.yaml", *(ROOT / "examples").glob("*/webhooks*.yaml")])


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_our_own_files_are_in_the_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert _format(text) == text

"""Plain values from `--var` and `--var-file`: a URL's whole beginning, and names that no file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.url import Url
from tests.config.tools import ENTRY, ENVIRONMENT, OWNS, TOP, complaints, configuration, inputs, loaded

ORIGIN = "https://ab-12.tunnel.example"
OPEN = (
    "owns: ['https://*.tunnel.example/*']\nwebhooks:\n  t:\n"
    "    url: ${APP_URL}/api/hooks?token=${HOOK}\n    events: [track_updated]\n"
)
EVERYWHERE = (
    "owns: ['${APP_URL}/api/*']\nabsent: ['${APP_URL}/old/*']\nprotect: ['${APP_URL}/kept']\nwebhooks:\n  t:\n"
    "    url: ${APP_URL}/api/hooks\n    events: [track_updated]\n"
)


def url_of(text: str, **variables: str) -> str:
    (desired,) = configuration(inputs(TOP + text, variables=variables)).desired
    url = desired.fields["url"]
    assert isinstance(url, Url)
    return url.reveal()


@pytest.mark.parametrize(
    "origin", [ORIGIN, ORIGIN + ":8443", "HTTPS://Ab-12.tunnel.example", "https://\u00e4b-12.tunnel.example"]
)
def test_a_variable_is_a_urls_whole_beginning(origin: str) -> None:
    owns = OPEN.replace("'https://*.tunnel.example/*'", "'${APP_URL}/*'")
    assert url_of(owns, APP_URL=origin) == f"{origin}/api/hooks?token={ENVIRONMENT['HOOK']}"


def test_it_is_in_every_list_of_patterns_too() -> None:
    (account,) = configuration(inputs(TOP + EVERYWHERE, variables={"APP_URL": ORIGIN})).accounts
    assert [str(pattern) for pattern in account.owns.patterns] == [f"{ORIGIN}/api/*"]
    assert [str(item.pattern) for item in account.absent] == [f"{ORIGIN}/old/*"]
    assert [(pattern.host, pattern.pieces) for pattern in account.protect.patterns] == [
        ("ab-12.tunnel.example", ("/kept",))
    ]


@pytest.mark.parametrize("text", [OPEN, EVERYWHERE, OPEN.replace("*.tunnel", "hooks")], ids=["url", "all", "another"])
def test_offline_it_may_be_unset(text: str) -> None:
    assert loaded(inputs(TOP + text, environment={}, offline=True)).diagnostics == ()


@pytest.mark.parametrize("text", [OPEN, EVERYWHERE], ids=["url", "all"])
@pytest.mark.parametrize("environment", [ENVIRONMENT, {**ENVIRONMENT, "APP_URL": ORIGIN}], ids=["unset", "environment"])
def test_unset_or_from_the_environment_the_way_is_told_and_works(
    text: str, environment: dict[str, str], tmp_path: Path
) -> None:
    found = loaded(inputs(TOP + text, environment=environment))
    assert {one.code for one in found.diagnostics} <= {"variable-unset", "url-variable-host"}
    assert all("`--var APP_URL=VALUE`" in one.help and "`--var-file`" in one.help for one in found.diagnostics)
    assert found.diagnostics
    assert configuration(inputs(TOP + text, environment=environment, variables={"APP_URL": ORIGIN}))
    (tmp_path / "plain.yaml").write_text(f"APP_URL: {ORIGIN}\n")
    assert configuration(inputs(TOP + text, environment=environment, var_files=(str(tmp_path / "plain.yaml"),)))


@pytest.mark.parametrize("environment", [ENVIRONMENT, {**ENVIRONMENT, "ALL": ORIGIN}], ids=["unset", "environment"])
def test_a_variable_that_is_a_whole_pattern_is_plain_too(environment: dict[str, str]) -> None:
    text = TOP + "protect: ['${ALL}']\n" + OWNS + ENTRY
    (found,) = loaded(inputs(text, environment=environment)).diagnostics
    assert found.code in ("variable-unset", "url-variable-host")
    assert "`--var ALL=VALUE`" in found.help
    (account,) = configuration(inputs(text, environment=environment, variables={"ALL": ORIGIN + "/x/*"})).accounts
    assert [pattern.pieces for pattern in account.protect.patterns] == [("/x/", "")]


def test_a_secret_that_is_unset_is_told_to_come_from_the_environment() -> None:
    (found,) = loaded(inputs(TOP + OPEN.replace("{HOOK}", "{GONE}"), variables={"APP_URL": ORIGIN})).diagnostics
    assert (found.message, found.help) == (
        "`${GONE}` is not set",
        "Set it in the environment or in an env file (`--env-file`).",
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("ab-12.tunnel.example", id="host-alone"),
        pytest.param(ORIGIN + "/", id="slash-at-the-end"),
        pytest.param(ORIGIN + "/base", id="path"),
        pytest.param(ORIGIN + "?x", id="query"),
        pytest.param(ORIGIN + "#x", id="fragment"),
        pytest.param("https://", id="no-host"),
        pytest.param("https%3A%2F%2Fab-12.tunnel.example", id="percent-encoded"),
    ],
)
@pytest.mark.parametrize("text", [OPEN, EVERYWHERE], ids=["url", "all"])
def test_what_is_no_beginning_is_told_how_one_looks(text: str, value: str) -> None:
    found = loaded(inputs(TOP + text, variables={"APP_URL": value}))
    assert {one.code for one in found.diagnostics} == {"url-variable-value"}
    assert {(one.message, one.help) for one in found.diagnostics} == {
        (
            "the value of `${APP_URL}` isn't the start of a URL: scheme, host and port",
            "Set it with `--var APP_URL=https://hooks.example.com`, without a trailing slash.",
        )
    }


@pytest.mark.parametrize(
    "value", ["https://me@ab.tunnel.example", "ftp://ab.tunnel.example", "https://a\\b.tunnel.example"]
)
def test_a_beginning_is_checked_as_the_urls_it_makes_are(value: str) -> None:
    found = complaints(loaded(inputs(TOP + OPEN, variables={"APP_URL": value})))
    assert [code for code, _, _ in found] in (["url-userinfo"], ["url-scheme"], ["url-character"])


def test_a_whole_beginning_where_only_a_host_fits_is_told_both_ways_out() -> None:
    text = "owns: ['https://h.example.com/*']\nwebhooks: {a: {url: 'https://${HOST}/a', events: [all]}}\n"
    (found,) = loaded(inputs(TOP + text, variables={"HOST": "https://h.example.com"})).diagnostics
    assert (found.code, found.message) == (
        "url-variable-value",
        "the value of `${HOST}` is more than a host name, and only that fits here",
    )
    for file, value in (
        (text.replace("https://${HOST}", "${HOST}"), "https://h.example.com"),
        (text, "h.example.com"),
    ):
        assert loaded(inputs(TOP + file, variables={"HOST": value})).diagnostics == ()


FILE = (
    TOP + "owns: ['https://${HOST}:${PORT}/*']\nwebhooks:\n  a:\n    url: https://${HOST}:${PORT}/${NAME}\n"
    "    events: [track_updated]\n    active: ${ACTIVE}\n"
)
FORMS = {
    "yaml": 'HOST: h.example.com\nPORT: 8443\nACTIVE: false\nNAME: "a$b"\n',
    "yaml-with-comments": "# for CI\n\nHOST: h.example.com # c\nPORT: '8443'\nNAME: a$b\nACTIVE: false\n",
    "json": '{"HOST": "h.example.com", "PORT": 8443, "ACTIVE": false, "NAME": "a$b"}',
    "env": "# for CI\n\nexport HOST=h.example.com\nPORT=8443\nACTIVE=false\nNAME='a$b'\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_plain_values_is_yaml_or_env(form: str, tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_text(FORMS[form])
    (desired,) = configuration(inputs(FILE, var_files=(str(path),))).desired
    assert (str(desired.key.endpoint), desired.fields["active"]) == ("https://h.example.com:8443/\u2026", False)
    assert desired.key.endpoint.path == "/a$b"


def test_sources_of_plain_values_in_their_order(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(f"PART: {name}\nEMPTY:\n")
    files = tuple(str(tmp_path / name) for name in "ab")
    text = OWNS + ENTRY.replace("/a\n", "/${PART}\n") + "x-e: ${EMPTY}\n"
    environment = {**ENVIRONMENT, "PART": "environment"}

    def path_of(**variables: str) -> str:
        found = inputs(TOP + text, variables=variables, var_files=files, environment=environment)
        return configuration(found).desired[0].key.endpoint.path

    assert (path_of(PART="option"), path_of()) == ("/option", "/a")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("- HOST\n", ("var-file", "1:1", "expected a mapping of names to values"), id="list"),
        pytest.param("HOST\n", ("var-file", "1:1", "expected a mapping of names to values"), id="text"),
        pytest.param("HOST: [a]\n", ("var-file", "1:1", "expected text, found a list"), id="value-a-list"),
        pytest.param("HOST: {a: b}\n", ("var-file", "1:1", "expected text, found a mapping"), id="value-a-mapping"),
        pytest.param("my-host: a\n", ("var-file", "1:1", "this is not a valid variable name"), id="no-name"),
        pytest.param("HOST: a\nHOST: b\n", ("yaml-duplicate-key", "2:1", None), id="twice"),
        pytest.param("HOST=a\nnonsense here\n", ("env-file-line", "2", None), id="env-line"),
        pytest.param(b"HOST: \xff\n", ("file-encoding", "1:7", None), id="no-text"),
    ],
)
def test_what_is_wrong_with_such_a_file(
    content: str | bytes, said: tuple[str, str, str | None], tmp_path: Path
) -> None:
    path = tmp_path / "plain"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, place, message = said
    found = complaints(loaded(inputs(TOP + OWNS + ENTRY + "x-h: ${HOST}\n", var_files=(str(path),))))[0]
    assert (found[0], found[1]) == (code, f"{path}:{place}")
    assert message in (None, found[2])


def test_a_file_that_is_not_there() -> None:
    found = complaints(loaded(inputs(TOP + OWNS + ENTRY, var_files=("none.yaml",))))
    assert found == [("var-file", "none.yaml", "the file can't be read: No such file or directory")]


@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_an_empty_file_gives_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(content)
    assert loaded(inputs(TOP + OWNS + ENTRY, var_files=(str(tmp_path / "plain"),))).diagnostics == ()


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        pytest.param("PRAT", "Did you mean `PART`?", id="near"),
        pytest.param("part", "Did you mean `PART`?", id="case"),
        pytest.param("QQ", "The variables of the files are PART, SIDE.", id="none-near"),
    ],
)
def test_a_name_that_no_file_uses_is_an_error(name: str, help_: str, tmp_path: Path) -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a${PART:-x}\n") + "x-more: [{y: '${SIDE}'}]\n"
    (found,) = loaded(inputs(text, variables={name: "v", "SIDE": "s"})).diagnostics
    said = f"`--var {name}=\u2026` sets a variable that no file uses"
    assert (found.code, found.place, found.message, found.help) == ("variable-unused", None, said, help_)
    (tmp_path / "plain").write_text(f"SIDE: s\n{name}: v\n")
    (found,) = loaded(inputs(text, var_files=(str(tmp_path / "plain"),))).diagnostics
    said = f"`{name}` sets a variable that no file uses"
    assert (str(found.place), found.message, found.help) == (f"{tmp_path}/plain:2:1", said, help_)


@pytest.mark.parametrize("written", ["$${QQ}", "a$$${PART}$${QQ}"])
def test_a_dollar_sign_that_is_doubled_uses_nothing(written: str) -> None:
    text = TOP + OWNS + ENTRY + f"    description: {written}\n    x-part: ${{PART}}\n"
    (found,) = loaded(inputs(text, variables={"QQ": "v", "PART": "p"})).diagnostics
    assert (found.code, found.message) == ("variable-unused", "`--var QQ=…` sets a variable that no file uses")


def test_of_a_file_that_could_not_be_read_nobody_knows_what_it_uses() -> None:
    found = complaints(loaded(inputs(TOP + "x: [\n", variables={"QQ": "v"})))
    assert [code for code, _, _ in found] == ["yaml-syntax"]


def test_a_plain_file_feeds_no_secret(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("KEY: shippo_live_0123456789\nPW: s3cr3tvalue\n")
    text = (
        TOP + "accounts: {a: {provider: shippo, token: '${KEY}'}}\n" + OWNS + ENTRY.replace("/a\n", "/a?token=${PW}\n")
    )
    found = complaints(loaded(inputs(text, environment={}, var_files=(str(tmp_path / "plain"),))))
    assert [code for code, _, _ in found] == ["variable-option-secret", "variable-option-secret"]
    assert "s3cr3t" not in str(found)

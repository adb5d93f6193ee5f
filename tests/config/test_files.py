"""Which files are read, and how several become one configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from reconciler.model.diagnostic import Severity
from tests.config.tools import ENTRY, GOOD, OWNS, TOP, complaints, configuration, inputs, loaded

ACCOUNTS = "accounts: {live: {provider: shippo, token: '${LIVE}'}}\n"


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)


def entry(name: str, account: str = "") -> str:
    url = f"https://h.example.com/{name}"
    return f"  {name}: {{url: '{url}', events: [all]{account and f', account: {account}'}}}\n"


def test_a_file_keeps_the_name_it_was_given() -> None:
    Path("webhooks.yaml").write_text(GOOD)
    assert configuration(inputs(files=("./webhooks.yaml",))).files == ("./webhooks.yaml",)


def test_a_folder_means_its_yaml_files_sorted() -> None:
    Path("d/inner.yaml").mkdir(parents=True)
    for name, text in {
        "b.yml": TOP + "webhooks:\n" + entry("second"),
        "a.yaml": TOP + OWNS + "webhooks:\n" + entry("first"),
        ".hidden.yaml": "nonsense",
        "notes.txt": "nonsense",
        "inner.yaml/c.yaml": "nonsense",
    }.items():
        (Path("d") / name).write_text(text)
    found = configuration(inputs(files=("d",)))
    assert found.files == ("d/a.yaml", "d/b.yml")
    assert [desired.address.name for desired in found.desired] == ["first", "second"]
    assert [str(desired.place) for desired in found.desired] == ["d/a.yaml:4:16", "d/b.yml:3:17"]
    (left_out,) = loaded(inputs(files=("d",))).diagnostics
    assert (left_out.code, left_out.severity, str(left_out.place)) == ("folder-left-out", Severity.NOTICE, "d")
    assert left_out.message == (
        "only the `*.yaml` and `*.yml` files of this folder are read as the configuration, "
        "not `inner.yaml/`, `notes.txt`"
    )


def test_files_are_one_configuration_in_the_order_given() -> None:
    Path("1.yaml").write_text(TOP + "x-a: 1\nowns: [https://a.example.com/*]\nprotect: [https://h.example.com/p]\n")
    Path("3.yaml").write_text(TOP + "absent: [https://h.example.com/y]\n")
    Path("2.yaml").write_text(TOP + ACCOUNTS + "x-a: 2\nwebhooks:\n" + entry("b"))
    text = (
        TOP + OWNS + "absent: [https://h.example.com/x]\nprotect: [https://h.example.com/q]\nwebhooks:\n" + entry("a")
    )
    found = configuration(inputs(text, files=("2.yaml", "-", "1.yaml", "3.yaml")))
    assert found.files == ("2.yaml", "<stdin>", "1.yaml", "3.yaml")
    assert [str(desired.address) for desired in found.desired] == ["live/b[all]", "live/a[all]"]
    (account,) = found.accounts
    assert repr(account.owns) == "PatternSet([Pattern(https://h.example.com/*), Pattern(https://a.example.com/*)])"
    assert repr(account.protect) == "PatternSet([Pattern(https://h.example.com/q), Pattern(https://h.example.com/p)])"
    assert [str(absent.pattern) for absent in account.absent] == [
        "https://h.example.com/x",
        "https://h.example.com/y",
    ]


IN_ONE_FILE = {
    "accounts": ACCOUNTS,
    "limits": "limits: {max_losses: 1}\n",
    "defaults": "defaults: {active: true}\n",
    "secret_params": "secret_params: [a]\n",
    "public_params": "public_params: [code]\n",
}


@pytest.mark.parametrize("key", IN_ONE_FILE)
def test_what_does_not_add_up_stands_in_one_file(key: str) -> None:
    Path("1.yaml").write_text(TOP + IN_ONE_FILE[key] + OWNS + ENTRY)
    Path("2.yaml").write_text(TOP + "x-a: 1\n" + IN_ONE_FILE[key])
    assert complaints(loaded(inputs(files=("1.yaml", "2.yaml")))) == [
        ("key-in-two-files", "2.yaml:3:1", f"`{key}` is set in two files: first at 1.yaml:2:1")
    ]


def test_names_are_unique_across_files() -> None:
    Path("1.yaml").write_text(TOP + OWNS + "webhooks:\n" + entry("a"))
    Path("2.yaml").write_text(TOP + "webhooks:\n" + entry("b") + entry("a"))
    assert complaints(loaded(inputs(files=("1.yaml", "2.yaml")))) == [
        ("entry-twice", "2.yaml:4:3", "this entry's name is already used at 1.yaml:4:3")
    ]


def test_every_file_has_its_version() -> None:
    Path("1.yaml").write_text(TOP + OWNS + ENTRY)
    Path("2.yaml").write_text("x-a: 1\n")
    assert complaints(loaded(inputs(files=("1.yaml", "2.yaml")))) == [
        ("missing-key", "2.yaml:1:1", "the file has no `version`")
    ]


def test_a_file_that_does_not_parse_hides_nothing_of_the_others_and_nothing_is_missed_for_it() -> None:
    Path("1.yaml").write_text(TOP + "owns: [https://h.example.com/*\n")
    Path("2.yaml").write_text(TOP + ENTRY + "    evnts: 1\n    account: some\n")
    assert complaints(loaded(inputs(files=("1.yaml", "2.yaml")))) == [
        ("yaml-syntax", "1.yaml:2:7", "the YAML can't be read: did not find expected ',' or ']'"),
        ("unknown-key", "2.yaml:6:5", "`evnts` is not a known key of an entry"),
    ]


def test_nothing_is_missed_for_a_file_that_is_not_there() -> None:
    Path("1.yaml").write_text(TOP + ENTRY + "    account: some\n")
    assert complaints(loaded(inputs(files=("1.yaml", "2.yaml"), environment={}))) == [
        ("file-missing", "2.yaml", "file not found")
    ]


@pytest.mark.parametrize("order", [("1.yaml", "2.yaml"), ("2.yaml", "1.yaml")], ids=["first", "last"])
def test_nothing_is_called_unowned_for_a_pattern_that_cannot_be_read(order: tuple[str, ...]) -> None:
    Path("1.yaml").write_text(TOP + "owns: [https://h.example.com/*, 3]\n")
    Path("2.yaml").write_text(TOP + "owns: [https://g.example.com/*]\n" + ENTRY.replace("h.example", "i.example"))
    assert complaints(loaded(inputs(files=order))) == [
        ("wrong-type", "1.yaml:2:33", "an item of `owns`: expected text or a mapping, found a number")
    ]


MISSING = [
    pytest.param((), "folder/none.yaml", "file-missing", "file not found", id="file"),
    pytest.param(("folder",), "folder", "folder-empty", "this folder has no `*.yaml` or `*.yml` file", id="folder"),
    pytest.param((), "a\0b", "file-unreadable", "this file can't be read: its name is not valid", id="no-name"),
]


@pytest.mark.parametrize(("folders", "name", "code", "message"), MISSING)
def test_what_cannot_be_read_is_an_error(folders: tuple[str, ...], name: str, code: str, message: str) -> None:
    for made in folders:
        Path(made).mkdir()
    Path("good.yaml").write_text(GOOD)
    assert complaints(loaded(inputs(files=("good.yaml", name)))) == [(code, name, message)]


def test_a_missing_file_names_the_commands_that_write_one() -> None:
    (found,) = loaded(inputs(files=("webhooks.yaml",))).diagnostics
    assert "`reconciler init`" in found.help
    assert "`reconciler export`" in found.help


def test_a_file_is_read_once() -> None:
    Path("d").mkdir()
    Path("d/a.yaml").write_text(GOOD)
    assert complaints(loaded(inputs(files=("d", "d/../d/a.yaml")))) == [
        ("file-twice", "d/../d/a.yaml", "this file is given twice")
    ]


def test_standard_input_is_read_for_a_dash_alone() -> None:
    Path("webhooks.yaml").write_text(GOOD)

    def refuse() -> bytes:
        raise AssertionError("nobody asked")

    given = replace(inputs(files=("webhooks.yaml",)), standard_input=refuse)
    assert configuration(given).files == ("webhooks.yaml",)


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        pytest.param(GOOD.encode("utf-16"), "the file is UTF-16", "1", id="utf-16"),
        pytest.param(b"version: 1\nx-a: caf\xe9\n", "the file is not valid UTF-8 here", "2:9", id="latin-1"),
        pytest.param(b"\xef\xbb\xbfx-\xff: 1\n", "the file is not valid UTF-8 here", "1:3", id="behind-a-mark"),
        pytest.param(b"x-a: \xed\xa0\x80\n", "the file is not valid UTF-8 here", "1:6", id="surrogate"),
    ],
)
def test_only_utf_8_is_read(data: bytes, message: str, place: str) -> None:
    assert complaints(loaded(inputs(data))) == [("file-encoding", place, message)]


def test_diagnostics_come_in_the_order_of_files_and_places() -> None:
    Path("b.yaml").write_text(TOP + OWNS + "webhooks:\n  B: {url: https://h.example.com/b, events: []}\n")
    Path("a.yaml").write_text("zzz: 1\n" + TOP)
    found = loaded(inputs(files=("b.yaml", "a.yaml"), environment={}, env_files=("none.env",)))
    assert [(diagnostic.code, str(diagnostic.place)) for diagnostic in found.diagnostics] == [
        ("variable-unset", "b.yaml"),
        ("bad-name", "b.yaml:4:3"),
        ("empty-value", "b.yaml:4:45"),
        ("unknown-key", "a.yaml:1:1"),
        ("env-file", "none.env"),
    ]


def test_a_file_that_never_ends_is_not_read_to_its_end() -> None:
    found = loaded(inputs(files=("/dev/zero",)))
    assert [(diagnostic.code, "more than" in diagnostic.message) for diagnostic in found.diagnostics] == [
        ("too-much", True)
    ]
    named = loaded(inputs("version: 1\nowns: []\nwebhooks: {}\n", environment={"SHIPPO_API_TOKEN_FILE": "/dev/zero"}))
    assert named.configuration is None
    assert loaded(inputs("version: 1\nowns: []\nwebhooks: {}\n", env_files=("/dev/zero",))).configuration is None

"""Files are complete or absent, and private where they must be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.operations.files import new_files, write_file

TEXT = "häagen\nsecond line\n"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o640)])
def test_file_is_written_whole_with_its_mode(tmp_path: Path, *, overwrite: bool, private: bool, mode: int) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "f", TEXT, overwrite=overwrite, private=private)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "f").read_bytes() == TEXT.encode()
    assert (tmp_path / "f").stat().st_mode & 0o777 == mode
    assert names(tmp_path) == ["f"]


def test_file_that_is_there_is_replaced_only_where_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "f", TEXT, overwrite=False, private=True)
    assert ((tmp_path / "f").read_text(), names(tmp_path)) == ("old", ["f"])
    write_file(tmp_path / "f", TEXT, overwrite=True, private=True)
    assert ((tmp_path / "f").read_text("utf-8"), names(tmp_path)) == (TEXT, ["f"])


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", TEXT, overwrite=True, private=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text("utf-8") == TEXT


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_file_is_left_alone(tmp_path: Path, *, overwrite: bool) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "p")
    for name in ("d", "p"):
        with pytest.raises(OSError, match="it exists and is not a regular file"):
            write_file(tmp_path / name, TEXT, overwrite=overwrite, private=True)
    assert names(tmp_path) == ["d", "p"]


def test_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "nowhere" / "f", TEXT, overwrite=True, private=True)
    assert names(tmp_path) == []


@pytest.mark.parametrize("overwrite", [True, False])
def test_write_that_breaks_off_leaves_the_older_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, overwrite: bool
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "f").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    for name in ("f", "new"):
        with pytest.raises(OSError, match="No space left"):
            write_file(tmp_path / name, TEXT, overwrite=overwrite, private=True)
    assert ((tmp_path / "f").read_text(), names(tmp_path)) == ("old", ["f"])


def test_file_system_without_links_keeps_the_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_file(tmp_path / "f", TEXT, overwrite=False, private=True)
    assert ((tmp_path / "f").read_text("utf-8"), names(tmp_path)) == (TEXT, ["f"])
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "f", "other", overwrite=False, private=True)
    assert ((tmp_path / "f").read_text("utf-8"), names(tmp_path)) == (TEXT, ["f"])


def test_files_that_belong_together_are_all_there_and_their_owners_alone(tmp_path: Path) -> None:
    texts = {tmp_path / name: f"{TEXT}{name}" for name in ("a", "b", "c")}
    with new_files(texts):
        assert {path: path.read_text("utf-8") for path in texts} == texts
    assert names(tmp_path) == ["a", "b", "c"]
    assert {path: path.read_text("utf-8") for path in texts} == texts
    assert {path.stat().st_mode & 0o777 for path in texts} == {0o600}


@pytest.mark.parametrize("links", [True, False], ids=["links", "no-links"])
@pytest.mark.parametrize("taken", [0, 1, 2])
def test_one_file_that_can_not_be_written_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int, *, links: bool
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    paths = [tmp_path / name for name in ("a", "b", "c")]
    paths[taken].write_text("mine")
    with pytest.raises(FileExistsError) as caught, new_files(dict.fromkeys(paths, TEXT)):
        pytest.fail("it was all written")
    assert caught.value.filename == str(paths[taken])
    assert (names(tmp_path), paths[taken].read_text()) == ([paths[taken].name], "mine")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "signal"])
def test_what_fails_meanwhile_takes_them_away_again_and_nobody_elses(tmp_path: Path, error: BaseException) -> None:
    def fail() -> None:
        with new_files(dict.fromkeys([tmp_path / "a", tmp_path / "b"], TEXT)):
            (tmp_path / "a").unlink()
            (tmp_path / "a").write_text("somebody else's")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (names(tmp_path), (tmp_path / "a").read_text()) == (["a"], "somebody else's")

"""Files are complete or absent, and private where they must be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.operations.files import write_file

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
        with pytest.raises(OSError, match="there is something there that is no file"):
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

"""Builds with setuptools, and makes what it builds the same wherever and whenever that is done.

Setuptools puts the files' times, owners and modes into a source distribution, and modes into a wheel. Here all of them
are fixed; the time is `SOURCE_DATE_EPOCH`, or always the same one. Source: https://reproducible-builds.org/specs/source-date-epoch/
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import time
import zipfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - the hooks that stay as they are

_Settings = dict[str, str | list[str] | None] | None
_EPOCH = 1580601600  # 2020-02-02, as hatchling has it
_EXECUTABLE = 0o100


def build_sdist(sdist_directory: str, config_settings: _Settings = None) -> str:
    """The hook of PEP 517."""
    name = str(build_meta.build_sdist(sdist_directory, config_settings))
    path = Path(sdist_directory, name)
    with tarfile.open(path) as made:
        files = sorted(made.getmembers(), key=lambda member: member.name)
        contents = [(member, made.extractfile(member)) for member in files]
        with path.with_suffix(".new").open("wb") as raw:
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=_epoch())
            with packed, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as fixed:
                for member, content in contents:
                    fixed.addfile(_plain(member), content)
    path.with_suffix(".new").replace(path)
    return name


def build_wheel(wheel_directory: str, config_settings: _Settings = None, metadata_directory: str | None = None) -> str:
    """The hook of PEP 517."""
    name = str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))
    path, fixed = Path(wheel_directory, name), io.BytesIO()
    date = time.gmtime(_epoch())[:6]
    with zipfile.ZipFile(path) as made, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in made.infolist():
            entry = zipfile.ZipInfo(file.filename, date)
            entry.external_attr = (0o100000 | _mode(file.external_attr >> 16)) << 16
            archive.writestr(entry, made.read(file), zipfile.ZIP_DEFLATED)
    path.write_bytes(fixed.getvalue())
    return name


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    plain = tarfile.TarInfo(member.name)
    plain.type, plain.size, plain.mtime = member.type, member.size, _epoch()
    plain.mode = 0o755 if member.isdir() else _mode(member.mode)
    return plain


def _mode(mode: int) -> int:
    return 0o755 if mode & _EXECUTABLE else 0o644


def _epoch() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _EPOCH)

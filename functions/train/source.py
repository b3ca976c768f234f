"""The training job's source code: the package `model`, packed the same way every time and named by its content."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import model


@dataclass(frozen=True)
class Source:
    sha256: str
    archive: bytes

    @property
    def key(self) -> str:
        return f"code/{self.sha256}/sourcedir.tar.gz"


@cache
def package() -> Source:
    return pack(Path(model.__file__).parent)


def pack(directory: Path) -> Source:
    """The hash covers names and contents, not the compressed bytes, which may change with the zlib version."""
    digest = hashlib.sha256()
    buffer = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 6, buffer, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(directory.rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            content = path.read_bytes()
            member = tarfile.TarInfo(f"{directory.name}/{path.relative_to(directory).as_posix()}")
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
            digest.update(f"{member.name}\0{len(content)}\0".encode() + content)
    return Source(digest.hexdigest(), buffer.getvalue())

"""model.tar.gz: packed the same way every time, and believed only after every byte was checked."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from model.contract import Contract, ContractError
from model.forest import Forest, ForestError
from model.golden import Golden, GoldenError

CHECKSUMS = "checksums.json"
TREES, CONTRACT, EVALUATION = "trees.json", "contract.json", "evaluation.json"
GOLDEN = "golden.json"  # models of before it have none
REQUIRED = (TREES, CONTRACT, EVALUATION)
READ_WHOLE = (CHECKSUMS, *REQUIRED, GOLDEN)
LARGEST_MEMBER = 256 * 2**20  # a forest of 1,000 trees takes about 5 MB
MOST_MEMBERS = 1000


class ArtefactError(Exception):
    """The artefact is damaged, incomplete or unsafe; the message says how."""


@dataclass(frozen=True)
class Artefact:
    contract: Contract
    evaluation: dict[str, Any]
    contract_json: bytes
    evaluation_json: bytes
    trees_json: bytes
    golden_json: bytes | None


def write_checksums(directory: Path) -> None:
    """The last file of a model directory: what is not listed here, or differs, was not written to the end."""
    sums = {name: _sha256(path.read_bytes()) for name, path in _files(directory) if name != CHECKSUMS}
    (directory / CHECKSUMS).write_text(json.dumps(sums, indent=1) + "\n", "utf-8")


def pack(directory: Path, target: Path) -> None:
    """A tar.gz whose bytes depend on names and contents alone."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path in _files(directory):
            member = tarfile.TarInfo(name)
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                tar.addfile(member, content)


def verify(source: str | Path | IO[bytes]) -> Artefact:
    """Checks a model.tar.gz read as a stream, without unpacking it."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as opened:
            return verify(opened)
    try:
        sums, contents = _read_tar(source)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArtefactError(f"the artefact is not a complete tar.gz: {error}") from None
    return _checked(sums, contents)


def verify_directory(directory: Path) -> Artefact:
    """Checks an unpacked artefact in the same way."""
    sums, contents = {}, {}
    for name, path in _files(directory):
        content = path.read_bytes()
        sums[name] = _sha256(content)
        if name in READ_WHOLE:
            contents[name] = content
    return _checked(sums, contents)


def _read_tar(source: IO[bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    sums: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    with gzip.GzipFile(fileobj=source) as zipped:
        with tarfile.open(fileobj=zipped, mode="r|") as tar:
            for member in tar:
                if member.isdir():
                    continue
                name = _safe_name(member, sums)
                opened = tar.extractfile(member)
                content = opened.read() if opened else b""
                if len(content) != member.size:
                    raise ArtefactError(f"the artefact ends in the middle of {name}")
                sums[name] = _sha256(content)
                if name in READ_WHOLE:
                    contents[name] = content
        while zipped.read(2**20):
            pass  # on to gzip's own end, which a file that was cut off lacks
    return sums, contents


def _safe_name(member: tarfile.TarInfo, seen: dict[str, str]) -> str:
    path = PurePosixPath(member.name)
    name = str(path)
    if not member.isreg() or path.is_absolute() or ".." in path.parts:
        raise ArtefactError(f"the artefact has an unsafe member: {ascii(member.name)[:200]}")
    if name in seen or len(seen) >= MOST_MEMBERS:
        raise ArtefactError(f"the artefact has too many members, or one of them twice: {ascii(name)[:200]}")
    if member.size > LARGEST_MEMBER:
        raise ArtefactError(f"the artefact's member {name} is larger than {LARGEST_MEMBER // 2**20} MB")
    return name


def _checked(sums: dict[str, str], contents: dict[str, bytes]) -> Artefact:
    if CHECKSUMS not in contents:
        raise ArtefactError("the artefact has no checksums.json, which is written last: the training did not finish")
    listed = _json_object(contents, CHECKSUMS)
    for name in REQUIRED:
        if name not in listed:
            raise ArtefactError(f"the artefact's checksums.json does not list {name}")
    for name in sorted(listed):
        if name not in sums:
            raise ArtefactError(f"the artefact lacks {name}, which its checksums.json lists")
        if sums[name] != listed[name]:
            raise ArtefactError(f"the artefact's {name} differs from its checksum")
    for name in sorted(sums):
        if name != CHECKSUMS and name not in listed:
            raise ArtefactError(f"the artefact contains {name}, which its checksums.json does not list")
    try:
        contract = Contract.from_json(contents[CONTRACT])
    except ContractError as error:
        raise ArtefactError(f"the artefact's contract.json is unusable: {error}") from None
    forest = _checked_trees(_json_object(contents, TREES), contract)
    evaluation = _json_object(contents, EVALUATION)
    golden = contents.get(GOLDEN)
    if golden is not None:
        _check_golden(golden, forest, contract)
    return Artefact(contract, evaluation, contents[CONTRACT], contents[EVALUATION], contents[TREES], golden)


def _check_golden(golden_json: bytes, forest: Forest, contract: Contract) -> None:
    """The walk in plain Python must find what the training found."""
    try:
        golden = Golden.from_json(golden_json)
        found = [contract.calibrate(forest.log_odds(contract.encode(row))) for row in golden.named_rows()]
    except (GoldenError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"the artefact's {GOLDEN} is unusable: {error}") from None
    if doubt := golden.deviation(found):
        raise ArtefactError(f"the artefact's trees.json does not answer as its {GOLDEN} says: {doubt}")


def _checked_trees(trees: dict[str, Any], contract: Contract) -> Forest:
    """A model that could not be walked would be found out when it is needed most."""
    try:
        forest = Forest.from_document(trees)
    except ForestError as error:
        raise ArtefactError(f"the artefact's trees.json is unusable: {error}") from None
    if forest.features != contract.features:
        raise ArtefactError("the artefact's trees.json was trained on other features than contract.json names")
    return forest


def _json_object(contents: dict[str, bytes], name: str) -> dict[str, Any]:
    try:
        document = json.loads(contents[name])
    except ValueError as error:
        raise ArtefactError(f"the artefact's {name} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ArtefactError(f"the artefact's {name} is not a JSON object")
    return document


def _files(directory: Path) -> list[tuple[str, Path]]:
    found = ((path.relative_to(directory).as_posix(), path) for path in directory.rglob("*") if path.is_file())
    return sorted(item for item in found if "__pycache__" not in item[0])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

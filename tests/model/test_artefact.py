"""model.tar.gz: believed when whole, refused with one clear sentence when not."""

import gzip
import io
import json
import shutil
import tarfile

import pytest

from model import artefact
from model.artefact import ArtefactError


@pytest.fixture
def directory(model_dir, tmp_path):
    """A copy of the model directory to spoil."""
    return shutil.copytree(model_dir, tmp_path / "copy")


def packed(directory, tmp_path):
    target = tmp_path / "model.tar.gz"
    artefact.pack(directory, target)
    return target


def resigned(directory):
    (directory / "checksums.json").unlink()
    artefact.write_checksums(directory)
    return directory


def test_a_whole_artefact_gives_contract_and_evaluation(trained):
    found = artefact.verify(trained / "model.tar.gz")
    assert found.contract.features[0] == "amount"
    assert found.evaluation["model"] == found.contract.model
    assert json.loads(found.contract_json)["model"] == found.contract.model
    assert json.loads(found.evaluation_json) == found.evaluation


def test_an_unpacked_artefact_is_checked_in_the_same_way(directory):
    assert artefact.verify_directory(directory).contract.features[0] == "amount"
    (directory / "code/inference.py").write_text("print('other')")
    with pytest.raises(ArtefactError, match=r"inference\.py differs from its checksum"):
        artefact.verify_directory(directory)


def test_it_is_read_as_a_stream_that_cannot_seek(trained):
    class Stream(io.RawIOBase):
        def __init__(self, content):
            self._content = io.BytesIO(content)

        def readable(self):
            return True

        def read(self, size=-1):
            return self._content.read(size)

    artefact.verify(Stream((trained / "model.tar.gz").read_bytes()))


def test_an_archive_made_by_other_tools_is_accepted(directory, tmp_path):
    other = tmp_path / "other.tar.gz"
    with tarfile.open(other, "w:gz") as tar:
        tar.add(directory, arcname=".")
    assert artefact.verify(other).contract.model


def test_packing_twice_gives_the_same_bytes(directory, tmp_path):
    first = packed(directory, tmp_path).read_bytes()
    for path in directory.rglob("*.py"):
        path.touch()
    assert packed(directory, tmp_path).read_bytes() == first
    assert first[4:8] == bytes(4)  # gzip's own time stamp


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_truncated_file_is_refused(trained, share):
    whole = (trained / "model.tar.gz").read_bytes()
    with pytest.raises(ArtefactError, match="the artefact"):
        artefact.verify(io.BytesIO(whole[: int(len(whole) * share)]))


@pytest.mark.parametrize("missing", [1, 8, 9, 30])
def test_a_file_that_lacks_nothing_but_its_last_bytes_is_refused(trained, missing):
    whole = (trained / "model.tar.gz").read_bytes()
    with pytest.raises(ArtefactError, match="the artefact is not a complete"):
        artefact.verify(io.BytesIO(whole[:-missing]))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_tar_that_ends_early_inside_a_whole_gzip_is_refused(trained, share):
    whole = gzip.decompress((trained / "model.tar.gz").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        last = tar.getmembers()[-1]
    cut = int((last.offset_data + last.size) * share) // 512 * 512
    with pytest.raises(ArtefactError, match="the artefact"):
        artefact.verify(io.BytesIO(gzip.compress(whole[:cut])))


def test_every_single_damaged_byte_is_noticed(trained):
    whole = (trained / "model.tar.gz").read_bytes()
    for at in range(11, len(whole) - 8, max(1, len(whole) // 60)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        with pytest.raises(ArtefactError):
            artefact.verify(io.BytesIO(damaged))


@pytest.mark.parametrize(
    "content",
    [b"", b"not a gzip", gzip.compress(b""), gzip.compress(b"not a tar" * 100)],
    ids=["nothing", "no gzip", "an empty gzip", "no tar"],
)
def test_what_is_no_artefact_is_refused(content):
    with pytest.raises(ArtefactError, match="the artefact"):
        artefact.verify(io.BytesIO(content))


def remove_checksums(directory):
    (directory / "checksums.json").unlink()


def empty_trees(directory):
    (directory / "trees.json").write_bytes(b"")


def remove_contract(directory):
    (directory / "contract.json").unlink()


def add_a_file(directory):
    (directory / "code/extra.py").write_text("")


def unlist_the_trees(directory):
    path = directory / "checksums.json"
    sums = json.loads(path.read_text())
    del sums["trees.json"]
    path.write_text(json.dumps(sums))


def other_features(directory):
    path = directory / "contract.json"
    contract = json.loads(path.read_text())
    contract["features"][0], contract["features"][1] = contract["features"][1], contract["features"][0]
    path.write_text(json.dumps(contract))
    resigned(directory)


def no_contract(directory):
    (directory / "contract.json").write_text("{}")
    resigned(directory)


def broken_trees(directory):
    (directory / "trees.json").write_text('{"learner": {')
    resigned(directory)


def trees_of_another_kind(directory):
    (directory / "trees.json").write_text('{"learner": []}')
    resigned(directory)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove_checksums, "the artefact has no checksums.json, which is written last: the training did not finish"),
        (empty_trees, "the artefact's trees.json differs from its checksum"),
        (remove_contract, "the artefact lacks contract.json, which its checksums.json lists"),
        (add_a_file, "the artefact contains code/extra.py, which its checksums.json does not list"),
        (unlist_the_trees, "the artefact's checksums.json does not list trees.json"),
        (other_features, "the artefact's trees.json was trained on other features than contract.json names"),
        (no_contract, "the artefact's contract.json is unusable: the contract is not of format 1"),
        (broken_trees, "the artefact's trees.json is not JSON"),
        (trees_of_another_kind, "the artefact's trees.json is unusable: the trees are incomplete or malformed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_said(directory, tmp_path, spoil, message):
    spoil(directory)
    with pytest.raises(ArtefactError) as error:
        artefact.verify(packed(directory, tmp_path))
    assert message in str(error.value)


def tar_with(member: tarfile.TarInfo, content: bytes = b"") -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.json", "code/../../up.json"])
def test_members_that_would_leave_the_folder_are_refused(name):
    with pytest.raises(ArtefactError, match="unsafe member"):
        artefact.verify(tar_with(tarfile.TarInfo(name), b"x"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind):
    member = tarfile.TarInfo("trees.json")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(ArtefactError, match="unsafe member"):
        artefact.verify(tar_with(member))


def test_a_huge_member_is_refused_before_it_is_read():
    member = tarfile.TarInfo("trees.json")
    member.size = artefact.LARGEST_MEMBER + 1
    with pytest.raises(ArtefactError, match="is larger than 256 MB"):
        artefact.verify(io.BytesIO(gzip.compress(member.tobuf() + bytes(2048))))

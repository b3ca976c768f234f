"""A dropped file is read in pieces, to its end or to the moment at which it is another one."""

import io

import pytest
from botocore.exceptions import ClientError

from functions.aws import dropped
from functions.aws.dropped import Dropped, GoneError
from tests.functions.conftest import BUCKET
from tests.functions.fakes import client_error

KEY = "batch/in/november.csv"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def opened(s3, monkeypatch):
    monkeypatch.setattr(dropped, "PIECE", 1000)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)
    etag = s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"].strip('"')
    return Dropped(s3, BUCKET, KEY, dropped.find(s3, BUCKET, KEY, etag))


def test_it_is_read_piece_by_piece_and_knows_how_far(opened):
    assert len(opened.read(1000)) == 1000
    assert opened.progress == pytest.approx(1000 / len(CONTENT))
    while opened.read(1000):
        pass
    assert opened.progress == 1.0


def test_nothing_is_lost_between_pieces(opened):
    assert io.BufferedReader(opened, 777).read() == CONTENT


def test_an_empty_file_is_at_its_end(s3):
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"")
    empty = Dropped(s3, BUCKET, KEY, s3.list_objects_v2(Bucket=BUCKET)["Contents"][0])
    assert (empty.read(), empty.progress) == (b"", 1.0)


@pytest.mark.parametrize("happens", ["put_object", "delete_object"])
def test_a_file_that_is_replaced_or_removed_is_gone(s3, opened, happens):
    opened.read(1000)
    getattr(s3, happens)(Bucket=BUCKET, Key=KEY, **({"Body": b"x"} if happens == "put_object" else {}))
    with pytest.raises(GoneError):
        opened.read(1000)


def test_another_failure_is_none_of_the_files(s3, opened, monkeypatch):
    def refused(**_):
        raise client_error("AccessDenied")

    monkeypatch.setattr(s3, "get_object", refused)
    with pytest.raises(ClientError, match="AccessDenied"):
        opened.read(1)


def test_a_folder_is_no_file(s3):
    s3.put_object(Bucket=BUCKET, Key="batch/in/", Body=b"")
    etag = s3.head_object(Bucket=BUCKET, Key="batch/in/")["ETag"].strip('"')
    assert dropped.find(s3, BUCKET, "batch/in/", etag) is None

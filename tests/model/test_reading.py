"""Files as people really send them: every way to be wrong is named, and one bad row costs one row."""

import gzip

import pytest

from model.schema import Schema, SchemaError
from model.training.problems import Rejections, TrainingError
from model.training.table import read_files
from tests.model.conftest import small

SCHEMA = Schema.from_dict(small())
HEADER = "id,time,amount,card,shop,fraud\n"
GOOD = "t1,2026-01-01T00:00:00Z,5.00,c1,books,0\n"


def read(tmp_path, content, schema=SCHEMA, name="data.csv", labelled=True):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    rejected = Rejections()
    return read_files(schema, [(name, path)], rejected, labelled), [str(row) for row in rejected.rows]


def test_a_csv_becomes_checked_columns(tmp_path):
    table, rejected = read(
        tmp_path, HEADER + GOOD + "t2,2026-01-01 02:00:00+01:00,6,c2,,FRAUD\nt3,2026-01-02T00:00Z,7,c1,books,\n"
    )
    assert rejected == []
    assert table.ids.to_pylist() == ["t1", "t2", "t3"]
    assert table.label.tolist() == [0, 1, -1]
    assert table.values["amount"].tolist() == [5, 6, 7]
    assert [table.vocabularies["card"][code] for code in table.values["card"]] == ["c1", "c2", "c1"]
    assert (table.time[1] - table.time[0]) == 3_600_000_000


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress((HEADER + GOOD).encode()),
        ("\ufeff" + HEADER + GOOD).encode(),
        (HEADER + GOOD).replace("\n", "\r\n").encode(),
        (" id , time,amount,card,shop,fraud\n" + GOOD).encode(),
        b"fraud,shop,card,amount,time,id\n0,books,c1,5.00,2026-01-01T00:00:00Z,t1\n",
        (HEADER + '"t1","2026-01-01T00:00:00Z","5.00","c1","books","0"\n\n\n').encode(),
    ],
    ids=[
        "gzip",
        "byte order mark",
        "Windows line ends",
        "blanks in the header",
        "another order",
        "quotes, blank lines",
    ],
)
def test_harmless_variants_read_the_same(tmp_path, content):
    table, rejected = read(tmp_path, content, name="any name.bin")
    assert (table.ids.to_pylist(), table.values["amount"].tolist(), rejected) == (["t1"], [5.0], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "data.csv: is empty"),
        (b"\n\n", "data.csv: has no header"),
        (b"a" * 300_000 + b"," + GOOD.encode(), "data.csv: the header cannot be read as CSV: field larger than"),
        (b'"id,time\n' + GOOD.encode(), "data.csv: the header cannot be read as CSV: unexpected end of data"),
        (b"id,time,amount,card,fraud," + b"x" * 9999, "which the schema does not know (give it the role ignore"),
        (HEADER.encode(), "data.csv: has a header but no rows"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "data.csv: is neither CSV nor Parquet (binary content)"),
        ((HEADER + GOOD).encode("utf-16"), "data.csv: is UTF-16 text"),
        (b"<!doctype html><p>Access denied", "data.csv: is neither CSV nor Parquet (it looks like HTML, XML or JSON)"),
        (b'{"id": 1}', "data.csv: is neither CSV nor Parquet (it looks like"),
        (b"PK\x03\x04....", "data.csv: is a ZIP or Excel file"),
        (b"PAR1 and then nothing like Parquet", "data.csv: the Parquet file is damaged or cut off"),
        (gzip.compress((HEADER + GOOD * 5000).encode())[:-20], "data.csv: the gzip file is damaged or cut off"),
        (b"\x1f\x8bnot gzip at all", "data.csv: the gzip file is damaged or cut off"),
        (b"id,time,card,shop,fraud\n", "data.csv: the header lacks the column 'amount'; it has id, time, card"),
        (b"id,time,Amount,card,shop,fraud\n", "data.csv: the header lacks the column 'amount' (did you mean 'Amount'"),
        (b"id;time;amount;card;shop;fraud\n", "data.csv: the header lacks the column 'id' (values must be separated"),
        (b"id,time,amount,card,shop\n", "data.csv: the header lacks the column 'fraud'"),
        (b"id,time,amount,amount,card,fraud\n", "data.csv: the header names the column 'amount' twice"),
        (b"id,time,amount,card,colour,fraud\n", "data.csv: the header has the column 'colour', which the schema"),
        (GOOD.encode() * 2, "data.csv: the header lacks the column 'id'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_by_name(tmp_path, content, message):
    with pytest.raises(TrainingError) as error:
        read(tmp_path, content)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("t2,2026-01-01T00:00:00Z,5.00,c1,books", "data.csv, row 3, row: has 5 values where the header has 6"),
        ("t2,2026-01-01T00:00:00Z,5.00,c1,books,0,9", "data.csv, row 3, row: has 7 values where the header has 6"),
        ("t2,2026-01-01T00:00:00Z,five,c1,books,0", "data.csv, row 3, amount: must be a number"),
        ("t2,2026-01-01T00:00:00Z,nan,c1,books,0", "data.csv, row 3, amount: must be a number"),
        ("t2,2026-01-01T00:00:00Z,1e999,c1,books,0", "data.csv, row 3, amount: must be a finite number"),
        ("t2,2026-01-01T00:00:00Z,,c1,books,0", "data.csv, row 3, amount: is required and missing"),
        ("t2,2026-01-01T00:00:00Z,-1,c1,books,0", "data.csv, row 3, amount: must be at least 0"),
        ("t2,2026-01-01T00:00:00Z,1001,c1,books,0", "data.csv, row 3, amount: must be at most 1000"),
        ("t2,2026-01-01T00:00:00Z,5,,books,0", "data.csv, row 3, card: is required and missing"),
        ("t2,2026-01-01T00:00:00Z,5,c1,books,maybe", "data.csv, row 3, fraud: must be one of 1, true, fraud, 0, false"),
        ("t2,2026-01-01T00:00:00,5,c1,books,0", "data.csv, row 3, time: has no UTC offset"),
        ("t2,01/02/2026,5,c1,books,0", "data.csv, row 3, time: must be an ISO 8601 timestamp"),
        ("t2,,5,c1,books,0", "data.csv, row 3, time: is required and missing"),
        (",2026-01-01T00:00:00Z,5,c1,books,0", "data.csv, row 3, id: is required and missing"),
        ("t2,2026-01-01T00:00:00Z,5,c1," + "b" * 300 + ",0", "data.csv, row 3, shop: must have at most 256 characters"),
    ],
)  # fmt: skip
def test_a_bad_row_is_set_aside_with_its_line_and_field(tmp_path, row, reason):
    table, rejected = read(tmp_path, HEADER + GOOD + row + "\n" + GOOD.replace("t1", "t3"))
    assert table.ids.to_pylist() == ["t1", "t3"]
    assert len(rejected) == 1
    assert rejected[0].startswith(reason)


def test_the_row_number_is_the_line_an_editor_shows(tmp_path):
    rows = GOOD + "\n" + 't2,2026-01-01T00:00:00Z,5,c1,"two\nlines",0\n' + "t3,2026-01-01T00:00:00Z,x,c1,books,0\n"
    table, rejected = read(tmp_path, HEADER + rows)
    assert rejected == ["data.csv, row 6, amount: must be a number"]
    assert table.row.tolist() == [2, 4]


def test_every_line_that_a_stray_quote_swallows_is_set_aside(tmp_path):
    rows = GOOD + 't2,2026-01-01T00:00:00Z,5,c1,"books,0\n' + GOOD.replace("t1", "t3") + GOOD.replace("books", '"toys"')
    _, rejected = read(tmp_path, HEADER + rows)
    assert [text.split(":")[0] for text in rejected] == [f"data.csv, row {line}, row" for line in (3, 4, 5)]
    assert "starts in line 3" in rejected[0]


def test_every_line_of_a_row_with_too_many_values_is_set_aside(tmp_path):
    rows = GOOD + 't2,2026-01-01T00:00:00Z,5,c1,"two\nlines",0,9\n' + GOOD.replace("t1", "t3")
    _, rejected = read(tmp_path, HEADER + rows)
    assert [text.split(":")[0] for text in rejected] == ["data.csv, row 3, row", "data.csv, row 4, row"]


def test_a_quote_that_is_never_closed_costs_the_rest_and_says_so(tmp_path):
    table, rejected = read(tmp_path, HEADER + GOOD + '"t2,2026-01-01T00:00:00Z,5,c1,books,0\n' + GOOD * 2)
    assert len(table) == 1
    assert len(rejected) == 3


def test_bytes_that_are_not_utf8_cost_their_row(tmp_path):
    content = (HEADER + GOOD).encode() + "t2,2026-01-01T00:00:00Z,5,c1,bücher,0\n".encode("latin-1")
    table, rejected = read(tmp_path, content)
    assert len(table) == 1
    assert rejected == ["data.csv, row 3, shop: is not valid UTF-8 text"]


def test_a_file_of_nothing_but_bad_rows_says_so(tmp_path):
    with pytest.raises(TrainingError, match=r"no usable row; the first that is not: data.csv, row 2, row: has 2"):
        read(tmp_path, HEADER + "t2,2026-01-01T00:00:00Z\n")


def test_a_few_bad_rows_pass_and_too_many_stop_with_the_first_one_named(tmp_path):
    rejected = Rejections()
    rejected.add("a.csv", 17, "amount", "must be a number")
    rejected.enforce(0.01, 100)
    rejected.add("a.csv", 18, "amount", "must be a number")
    with pytest.raises(TrainingError) as error:
        rejected.enforce(0.01, 100)
    assert "2 of 100 rows are unusable, more than the limit of 1.00%; the first is a.csv, row 17, amount" in str(
        error.value
    )


def test_mixed_offsets_become_utc_and_naive_times_need_a_zone(tmp_path):
    rows = (
        "t1,2026-07-01T12:00:00Z,5,c,s,0\nt2,2026-07-01T14:00:00+02:00,5,c,s,0\n"
        "t3,2026-07-01 12:00:00,5,c,s,0\nt4,2026-07-01T07:00:00-05:00,5,c,s,0\n"
    )
    table, rejected = read(tmp_path, HEADER + rows)
    assert len(set(table.time.tolist())) == 1
    assert [text.split(":")[0] for text in rejected] == ["data.csv, row 4, time"]
    berlin = Schema.from_dict(small(timestamp={"column": "time", "timezone": "Europe/Berlin"}))
    table, rejected = read(tmp_path, HEADER + rows.replace("07-01 12", "07-01 14"), berlin)
    assert (len(set(table.time.tolist())), rejected) == (1, [])


def test_an_unknown_time_zone_is_a_mistake_in_the_schema(tmp_path):
    schema = Schema.from_dict(small(timestamp={"column": "time", "timezone": "Mars/Olympus"}))
    with pytest.raises(SchemaError, match=r"timestamp.timezone: expected a time zone"):
        read(tmp_path, HEADER + GOOD, schema)


def test_without_an_id_column_rows_are_called_by_file_and_line(tmp_path):
    document = small()
    del document["transaction_id"]
    table, _ = read(tmp_path, "time,amount,card,shop,fraud\n2026-01-01T00:00:00Z,5,c,s,0\n", Schema.from_dict(document))
    assert table.ids.to_pylist() == ["data.csv:2"]


def test_optional_columns_may_be_absent_and_extra_ones_be_ignored(tmp_path):
    schema = Schema.from_dict(small(extra_columns="ignore"))
    table, rejected = read(tmp_path, "id,time,amount,card,fraud,note\nt1,2026-01-01T00:00:00Z,5,c,1,hello\n", schema)
    assert (table.values["shop"].tolist(), table.label.tolist(), rejected) == ([-1], [1], [])


def test_files_to_be_scored_need_no_label(tmp_path):
    table, rejected = read(tmp_path, HEADER.replace(",fraud", "") + GOOD.replace(",0\n", "\n"), labelled=False)
    assert (len(table), rejected) == (1, [])


def test_many_files_are_read_as_one_table(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + GOOD)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((HEADER + GOOD.replace("t1", "t2")).encode()))
    files = [("a.csv", tmp_path / "a.csv"), ("b.csv.gz", tmp_path / "b.csv.gz")]
    table = read_files(SCHEMA, files, Rejections())
    assert table.place(1) == "b.csv.gz, row 2"
    assert table.values["card"].tolist() == [0, 0]

"""Plain YAML is read as texts; what is more than plain, or hostile, is refused, and soon."""

from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies

from model.plain_yaml import PlainYamlError, read
from model.rules import LARGEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("# nothing\n", None),
        ("a: NO\nb: 007\nc: null\nd:\n", {"a": "NO", "b": "007", "c": "null", "d": ""}),
        ("- {a: 1}\n- [x, 'y z']\n- |\n  one\n  two\n", [{"a": "1"}, ["x", "y z"], "one\ntwo\n"]),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
    ],
)
def test_texts_lists_and_mappings_are_read(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\nb: *x\n", "line 1: expected no anchors"),
        ("a: !!python/object:os.system {}\n", "line 1: expected no anchors"),
        ("a: 1\nb: 2\na: 3\n", "line 3: expected every key"),
        ("? [a]\n: 1\n", "line 1: expected every key"),
        ("a: 1\n---\nb: 2\n", "expected one document"),
        ("[[[[[[1]]]]]]", "line 1: expected at most 5 levels"),
        ("[" + "a," * 5000 + "]", "expected at most 5000"),
        ("a: [1\n", "is not YAML"),
        ("\0", "is not YAML"),
        ('"\\UFFFFFFFF"', "is not YAML"),
        ("%YAML 1." + "9" * 5000 + "\n--- a", "is not YAML"),
    ],
    ids=lambda text: text[:20],
)
def test_more_than_plain_yaml_is_refused(text, expected):
    with pytest.raises(PlainYamlError, match=expected):
        read(text)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        *("[", "{", "- ", "? ", "a: ", "'", '"', "&a ", "*a ", "!", "%", "#", "\n", " ", "a\n", "-\n", "---\n", "[a,"),
        *("[],", "x: 1\n", "{a: b,", "\t", "\\", ": ", "|\n", ">\n ", "[? a : b,", "é", "\ufeff"),
    ],
)
def test_a_file_of_nothing_but_one_piece_ends_soon(piece):
    with suppress(PlainYamlError):
        read(piece * (LARGEST // len(piece.encode())))


@given(
    strategies.text(max_size=300) | strategies.lists(strategies.sampled_from("[]{}:,-?!&*#|>'\"%@` \nab")).map("".join)
)
@settings(max_examples=400, deadline=None)
def test_no_text_raises_anything_else(text):
    with suppress(PlainYamlError):
        read(text)

"""Bodies of requests that mean no good: valid ones with sharp values, with damaged text, and noise."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

SHARP: list[Any] = [
    *(None, True, False, "", " ", "\x00", "\x1b[31m", "a\r\nb", "\u202e", "\ud800", "\udfff\ud800", "😀" * 300),
    *("x" * 5000, 0, -0.0, 5e-324, 1e15, 1e16, 1.7976931348623157e308, float("nan"), float("inf"), -float("inf")),
    *(2**63, -(2**64), 10**29, 10**31, 10**400, [], {}, [[]], {"S": "x"}, [None] * 101),
    *("0", "1e5", "١٢", "1_000", "NaN", "::1", "fe80::1%eth0", "1.2.3.4.5", "::ffff:1.2.3.4", "1.2.3.4/8", "01.2.3.4"),
    *("0000-00-00T00:00:00Z", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59.999999999-18:00", "2026-10-05 03:12Z"),
    *("2026-10-05T03:12:00+24:00", "2026-W40-1T00:00:00Z", "20261005T031200Z", "1970-01-01T00:00:00+00:00"),
    *("2026-10-05T24:00:00Z", "@", "a@", "@b", "a@b@c", "a@" + "b." * 100, "deny", "fraud", "$.amount", "__proto__"),
    *("' OR 1=1 --", "${jndi:ldap://x}", "../../etc/passwd", "{{7*7}}", "<script>"),
]
CRUMBS = ['"', "\\", "\\u0000", "\\ud800", *"{}[],:-", "NaN", "1e999", "null", "\x00", "é", "\ud800", "9" * 5000]
RARE = (None, "[" * 20_000, '{"a":' * 3_000, "x" * 70_000, "[]", "null", "1", '"x"', "\ufeff{}")
ALPHABETS = (string.printable, '{}[]",:0123456789.eE+-truefalsn ', "\ud800\udfff\x00é😀")


class Input(NamedTuple):
    path: str
    body: str | None
    is_base64: bool


def inputs(number: int, seed: int, valid: Mapping[str, dict[str, Any]]) -> Iterator[Input]:
    """The same for the same seed. `valid` has a body for each path."""
    chance = random.Random(seed)  # noqa: S311 (makes tests, not keys)
    paths, makers = sorted(valid), (_other_values, _other_values, _other_text, _noise)
    for _ in range(number):
        path = chance.choice(paths)
        text = chance.choice(makers)(chance, valid[path])
        if text is not None and chance.random() < 0.1:
            yield Input(path, _encoded(chance, text), True)
        else:
            yield Input(path, text, chance.random() < 0.02)


def _other_values(chance: random.Random, valid: dict[str, Any]) -> str:
    """Valid but for a few values and names, anywhere in it."""
    payload = json.loads(json.dumps(valid))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        place = _some_object(chance, payload)
        name = chance.choice([*place, *place, *place, "other", "", "\ud800", "__proto__", "x" * 300])
        if chance.random() < 0.1:
            place.pop(name, None)
        else:
            place[name] = _value(chance)
    text = json.dumps(payload, ensure_ascii=chance.random() < 0.5)
    return text.replace("{", '{"transaction_id": 1, ', 1) if chance.random() < 0.05 else text  # perhaps twice


def _some_object(chance: random.Random, payload: dict[str, Any]) -> dict[str, Any]:
    inner = [item for value in payload.values() if isinstance(value, list) for item in value if isinstance(item, dict)]
    return chance.choice([payload, *inner, *inner])


def _value(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(SHARP)
    if kind < 0.8:
        return chance.uniform(-1, 1) * 10.0 ** chance.randint(-320, 308)
    if kind < 0.9:
        return chance.randint(-(10 ** chance.randint(0, 40)), 10 ** chance.randint(0, 40))
    return "".join(chr(chance.randint(0, 0x10FFFF)) for _ in range(chance.randint(0, 40)))


def _other_text(chance: random.Random, valid: dict[str, Any]) -> str:
    """Valid but for a few characters."""
    text = json.dumps(valid)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = start + chance.choice((0, 0, 1, 1, 5, 50))
        text = text[:start] + chance.choice([*CRUMBS, chr(chance.randint(0, 0x2FFF)), ""]) + text[end:]
    return text


def _noise(chance: random.Random, _: dict[str, Any]) -> str | None:
    """No JSON object at all, or one made of crumbs."""
    if chance.random() < 0.05:
        return chance.choice(RARE)
    return "".join(chance.choices(chance.choice(ALPHABETS), k=chance.randint(0, 60)))


def _encoded(chance: random.Random, text: str) -> str:
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    if raw and chance.random() < 0.3:
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    encoded = base64.b64encode(bytes(raw)).decode()
    return encoded[:-1] if chance.random() < 0.1 else encoded

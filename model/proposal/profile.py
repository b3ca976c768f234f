"""What the values of a column tell, by the parsers that training itself reads them with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from model.field import Field
from model.proposal import forms, names
from model.proposal.sample import Column
from model.timestamps import Clock
from model.training import columns, moments
from model.training.columns import INVALID, Array, Texts

PROBE = 500  # values looked at before all of them are
STRAYS = 0.001  # share of values that may be of another kind; those rows will be set aside
MOSTLY = 0.995
FEW = 255  # as many values of a category become features
LONGEST = 10_000


class Profile:
    """Facts about one column, found when asked for."""

    def __init__(self, column: Column) -> None:
        self.name = column.name
        self.words = names.words(column.name)
        self.present = column.present
        self.everywhere = column.everywhere
        self._arrays = column.arrays
        self.count = int(column.present.sum())

    @cached_property
    def complete(self) -> bool:
        return self.everywhere and bool(self.present.all())

    @cached_property
    def dependable(self) -> bool:
        """In all rows but so few that training may set them aside."""
        return self.everywhere and bool(self.present.mean() >= MOSTLY)

    @cached_property
    def readable(self) -> bool:
        """Texts, numbers, booleans and times are; lists, structures and bytes are not."""
        return all(columns.is_text(array) or _plain(array.type) for array in self._arrays)

    @cached_property
    def numbers(self) -> Array | None:
        """Of every row, NaN where blank, when the column holds numbers."""
        field = Field(self.name, "number")
        return self._whole_column(lambda array: columns.numbers(field, array))

    @cached_property
    def share_of_numbers(self) -> float:
        field = Field(self.name, "number")
        return self._share_valid([columns.numbers(field, array[:PROBE])[1] for array in self._arrays])

    @cached_property
    def times(self) -> Array | None:
        """Microseconds since 1970 of every row, NaN where blank, when the column holds times that training reads."""
        if any(pa.types.is_integer(a.type) or pa.types.is_floating(a.type) for a in self._arrays):
            return None
        return self.times_as(UTC)

    def times_as(self, clock: Clock) -> Array | None:
        return self._whole_column(lambda array: moments.times(array, clock))

    @cached_property
    def naive(self) -> bool:
        """Some of the times do not say how far from UTC they are."""
        return any(moments.times(array[:PROBE], None)[1].any() for array in self._arrays)

    @cached_property
    def start(self) -> list[str]:
        """The first values, as texts."""
        return [str(raw).strip() for raw in self._arrays[0][:PROBE].to_pylist()] if self._arrays else []

    @cached_property
    def texts_only(self) -> bool:
        return all(columns.is_text(array) for array in self._arrays)

    @cached_property
    def unread_time(self) -> str:
        """Which form of time it is that training does not read, if it is one."""
        return forms.unread_time(self.start)

    @cached_property
    def epoch(self) -> str:
        """Unit of a number that counts from 1970 and means the years 2000 to 2040, if it does."""
        return "" if self.numbers is None else forms.epoch(self.numbers)

    @cached_property
    def whole(self) -> bool:
        if self.numbers is None:
            return False
        known = self.numbers[~np.isnan(self.numbers)]
        return bool((known == np.floor(known)).all())

    @cached_property
    def _texts(self) -> tuple[Array, list[str]]:
        texts = Texts(Field(self.name, "category", max_length=LONGEST).text)
        if not self.readable:
            return np.full(self.count, INVALID, dtype=np.int32), []
        codes = [texts.codes(array) for array in self._arrays]
        return np.concatenate(codes) if codes else np.zeros(0, dtype=np.int32), texts.values

    @cached_property
    def values(self) -> list[str]:
        return self._texts[1]

    @cached_property
    def codes(self) -> Array:
        """Of every row: which of the values; -1 where blank, or no text or whole number."""
        filled = np.full(len(self.present), -1, dtype=np.int32)
        filled[self.present] = self._texts[0]
        return np.maximum(filled, -1)

    @cached_property
    def textual(self) -> bool:
        """All but strays are texts, whole numbers or booleans."""
        return bool((self._texts[0] != INVALID).mean() >= 1 - STRAYS) if self.count else False

    @cached_property
    def distinct(self) -> int:
        if self.numbers is not None and not self.whole:
            return len(np.unique(self.numbers[self.present]))
        return len(self.values)

    @cached_property
    def unique(self) -> bool:
        return self.count > 1 and self.distinct >= 0.999 * self.count

    @cached_property
    def identifiers(self) -> bool:
        """All but strays may be a transaction's id."""
        return self.dependable and self._share_valid([columns.ids(array)[1] for array in self._arrays]) >= 1 - STRAYS

    @cached_property
    def codelike(self) -> bool:
        """Short words with digits in most of them, such as C1231006815 or 070-69-2161; not names, not sentences."""
        some = self.values[:PROBE]
        digits = sum(any(c.isdigit() for c in text) and " " not in text and len(text) <= 64 for text in some)
        return bool(some) and digits >= 0.7 * len(some)

    @cached_property
    def written_numbers(self) -> bool:
        """Numbers as people write them: 1.234,56 or 1,234.56 or $12.50."""
        return forms.written_numbers(self.start)

    @cached_property
    def longest(self) -> int:
        return max((len(text) for text in self.values), default=0)

    @cached_property
    def sequence(self) -> bool:
        """Counts the rows."""
        return self.whole and self.complete and self.numbers is not None and bool((np.diff(self.numbers) == 1).all())

    def mostly(self, role: str) -> bool:
        """All but strays are what the role asks for."""
        if not self.textual:
            return False
        texts = Texts(Field(self.name, role, max_length=LONGEST).text)
        probe = [texts.codes(array[:PROBE]) == INVALID for array in self._arrays]
        if self._share_valid(probe) < 0.9:
            return False
        return self._share_valid([texts.codes(array) == INVALID for array in self._arrays]) >= 1 - STRAYS

    def codes_with(self, texts: Texts) -> Array:
        """Of every row, the code that this reader gives; -1 where blank."""
        filled = np.full(len(self.present), -1, dtype=np.int32)
        if self._arrays:
            filled[self.present] = np.concatenate([texts.codes(array) for array in self._arrays])
        return filled

    def _whole_column(self, read: Callable[[Any], tuple[Array, Array]]) -> Array | None:
        """The values when all but strays can be read; the rest of the column is not looked at if its start cannot."""
        if not self._arrays or self._share_valid([read(array[:PROBE])[1] for array in self._arrays]) < 0.9:
            return None
        parts = [read(array) for array in self._arrays]
        bad = np.concatenate([wrong for _, wrong in parts])
        if bad.mean() > STRAYS:
            return None
        filled = np.full(len(self.present), np.nan)
        filled[self.present] = np.where(bad, np.nan, np.concatenate([values for values, _ in parts]))
        return filled

    @staticmethod
    def _share_valid(bad: list[Array]) -> float:
        return 1 - float(np.concatenate(bad).mean()) if bad else 0.0


def _plain(kind: Any) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return any(test(kind) for test in tests) or pa.types.is_timestamp(kind) or pa.types.is_date(kind)

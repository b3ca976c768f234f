"""The label of a training row: which forms mean fraud, which mean legitimate, and that a blank means neither yet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from model.document import SchemaError, Section
from model.field import InvalidTransaction


@dataclass(frozen=True)
class Label:
    column: str
    fraud: tuple[str, ...] = ("1", "true", "fraud")
    legit: tuple[str, ...] = ("0", "false", "legit")
    known_at: str | None = None  # the column that says since when the label is known

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, self.known_at) if self.known_at else (self.column,)

    def read(self, text: str) -> int | None:
        """1 for fraud, 0 for legit, None for a blank (not known yet)."""
        form = _form(text)
        if form == "":
            return None
        if form in self.fraud:
            return 1
        if form in self.legit:
            return 0
        raise InvalidTransaction(self.column, f"must be one of {', '.join(self.fraud + self.legit)}, or blank")

    @classmethod
    def from_section(cls, section: Section) -> Label:
        label = cls(
            column=section.text("column"),
            fraud=_forms(section.texts("fraud", cls.fraud)),
            legit=_forms(section.texts("legit", cls.legit)),
            known_at=section.text("known_at") if section.has("known_at") else None,
        )
        section.refuse_unknown_keys()
        for form in label.fraud:
            if form in label.legit:
                raise SchemaError(f"{section.at('legit')}: expected other forms than in fraud; {form} is in both")
        return label

    def to_dict(self) -> dict[str, object]:
        document: dict[str, object] = {"column": self.column, "fraud": list(self.fraud), "legit": list(self.legit)}
        return document | ({"known_at": self.known_at} if self.known_at else {})


def _forms(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_form(text) for text in texts))


def _form(text: str) -> str:
    """Case does not matter, nor does the .0 that spreadsheets and pandas add when some labels are blank."""
    return re.sub(r"(?<=\d)\.0+$", "", text.strip().lower())

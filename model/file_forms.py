"""What a file is by its first bytes, where it is no CSV file in UTF-8."""

from __future__ import annotations

PARQUET = b"PAR1"
GZIP = b"\x1f\x8b"


def no_csv(start: bytes) -> str | None:
    """Why these cannot be the first bytes of a CSV file, and what to do about it."""
    if start == b"":
        return "is empty"
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "is UTF-16 text; save it as CSV in UTF-8"
    if start[:4] == b"PK\x03\x04":
        return "is a ZIP or Excel file; save it as CSV"
    if b"\x00" in start:
        return "is neither CSV nor Parquet (binary content)"
    if start.lstrip()[:1] in (b"<", b"{", b"["):
        return "is neither CSV nor Parquet (it looks like HTML, XML or JSON)"
    return None

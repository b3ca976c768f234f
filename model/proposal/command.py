"""What `python -m model schema` does, beyond reading its arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model.proposal import draft, sample, writing
from model.training.problems import TrainingError


def propose(files: list[Path], out: Path | None, say: Callable[[str], None]) -> None:
    """Says or writes the proposal; one with gaps too, and then fails, so that no script goes on with it."""
    for path in files:
        if not path.is_file():
            raise TrainingError(f"{path}: is not a file")
    drafted = draft.draft(sample.read(files))
    text = writing.write(drafted)
    if out:
        out.write_text(text, "utf-8")
    else:
        say(text.removesuffix("\n"))
    if gaps := writing.gaps(drafted):
        raise TrainingError(f"the proposal lacks {' and '.join(gaps)}: see the comments marked GAP, and fill it in")

"""What makes the figures doubtful, or the model weaker for some than for others: said before anybody relies on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.training.report import comparison
from model.training.report.markup import percent

FEW_FRAUDS = 100
LARGE_DRIFT = 0.25
WEAK_RECALL = 0.5  # of the whole hold-out's
FEWEST_TO_CALL_WEAK = 20  # frauds in a segment
TOO_GOOD = 0.95  # area under the ROC curve that a column reaches by itself
MISCALIBRATED = 1.5  # times too high or too low


def warnings(evaluation: dict[str, Any]) -> list[str]:
    checks = (_few_frauds, _too_good, _weaker_than_others, _workload, _calibration, _drift, _weak_segments, _rejected)
    return [warning for check in checks for warning in check(evaluation)]


def _few_frauds(evaluation: dict[str, Any]) -> Iterator[str]:
    frauds = evaluation["data"]["parts"]["hold_out"]["fraud"]
    if frauds < FEW_FRAUDS:
        yield f"Only {frauds} frauds were there to be found: all figures can move a lot by chance."


def _too_good(evaluation: dict[str, Any]) -> Iterator[str]:
    """What an entity did before may tell much; a column of the transaction that does was filled in after the fact."""
    columns = {column["column"] for column in evaluation["data"]["columns"]}
    for name, area in evaluation["alone"].items():
        if area >= TOO_GOOD and name in columns:
            yield (
                f"{name} by itself tells fraud from the rest almost without fail ({100 * area:.1f} times in 100): make "
                "sure that it is known when a transaction is scored, and not only once a fraud was found."
            )


def _weaker_than_others(evaluation: dict[str, Any]) -> Iterator[str]:
    if "worse" in comparison.verdict(evaluation):
        yield comparison.verdict(evaluation)
    plain = evaluation.get("baseline")
    if plain and plain["average_precision"] >= evaluation["ranking"]["average_precision"]:
        yield (
            f"{comparison.NAMES[plain['algorithm']].capitalize()} would rank as well or better (average precision "
            f"{plain['average_precision']:.3f} against {evaluation['ranking']['average_precision']:.3f})."
        )


def _workload(evaluation: dict[str, Any]) -> Iterator[str]:
    """Costs know no tired people."""
    review, block = (evaluation["at_thresholds"][name]["confusion_matrix"] for name in ("review", "block"))
    looked = sum(review[cell] - block[cell] for cell in ("fraud_flagged", "legit_flagged"))
    budget, a_day = evaluation["daily"]["alerts_per_day"], looked / evaluation["daily"]["days"]
    if a_day > budget:
        yield f"The thresholds ask for {a_day:,.0f} reviews a day; the schema says that {budget:,} can be done."


def _calibration(evaluation: dict[str, Any]) -> Iterator[str]:
    said, seen = evaluation["calibration"]["mean_probability"], evaluation["calibration"]["fraud_rate"]
    if not seen / MISCALIBRATED <= said <= seen * MISCALIBRATED:
        yield (
            f"The probabilities are {'too high' if said > seen else 'too low'} on the whole: {percent(said, 2)} fraud "
            f"was expected and {percent(seen, 2)} found. Scores and thresholds hold all the same."
        )


def _drift(evaluation: dict[str, Any]) -> Iterator[str]:
    """That everybody is known for longer in a later period goes without saying."""
    drift = {name: index for name, index in evaluation["drift"].items() if not name.endswith("_seconds_known")}
    moved = [name for name, index in drift.items() if index > LARGE_DRIFT]
    if moved:
        yield f"Changed much since the model's learning period: {_some(moved, ', ')} (see Drift)."


def _weak_segments(evaluation: dict[str, Any]) -> Iterator[str]:
    recall = evaluation["at_thresholds"]["review"]["recall"]
    weak = [
        f"{part['field']} {part['part']} ({percent(part['recall'])} of {part['fraud']:,})"
        for part in evaluation["segments"]
        if part["fraud"] >= FEWEST_TO_CALL_WEAK and part["recall"] < WEAK_RECALL * recall
    ]
    if weak:
        yield f"Fraud is found much less often in: {_some(weak, '; ')} (see Segments)."


def _rejected(evaluation: dict[str, Any]) -> Iterator[str]:
    rejected = evaluation["data"]["rows"]["rejected"]
    if rejected:
        yield f"{rejected:,} rows of the files could not be used (see Data)."


def _some(found: list[str], between: str) -> str:
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return f"{between.join(found[:5])}{more}"

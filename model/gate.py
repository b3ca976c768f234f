"""The gate: whether a trained model may go live, by its evaluation and the floors in its schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.gate_schema import Gate

GUESSING = 0.5  # the area under the ROC curve that needs no model
LONGEST_TEXT = 500
LARGEST = 1e15


@dataclass(frozen=True)
class Facts:
    """What the evaluation cannot know: whether artefact and contract are verified, which model serves at this moment,
    and whether that one reads transactions by another schema."""

    verified: bool
    serving: str | None
    schema_changed: bool


@dataclass(frozen=True)
class Rule:
    rule: str
    passed: bool
    value: float | bool | None
    limit: float | bool | str
    text: str
    low: float | None = None  # of the interval that chance allows
    high: float | None = None

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"rule": self.rule, "passed": self.passed, "value": self.value}
        if self.low is not None and self.high is not None:
            found |= {"low": self.low, "high": self.high}
        return found | {"limit": self.limit, "text": self.text}


def judge(evaluation: dict[str, Any], gate: Gate, facts: Facts) -> dict[str, Any]:
    """The verdict with every rule's figure, limit and outcome. A rule that needs a figure which the evaluation lacks is
    broken; a better figure never breaks one."""
    rules = [
        Rule("verified", facts.verified, facts.verified, True, _verified(facts.verified)),
        *_floors(evaluation, gate),
        *_against_champion(evaluation, gate, facts),
        _schema_change(gate, facts),
    ]
    broken = [rule.text for rule in rules if not rule.passed]
    return {
        "verdict": "reject" if broken else "pass",
        "reason": " ".join(broken) or f"All {len(rules)} rules hold.",
        "model": str(evaluation.get("model", ""))[:LONGEST_TEXT],
        "serving": facts.serving,
        "rules": [rule.to_dict() for rule in rules],
    }


def _verified(verified: bool) -> str:
    return f"Its files and its contract are {'' if verified else 'not '}what its training wrote."


def _floors(evaluation: dict[str, Any], gate: Gate) -> Iterator[Rule]:
    frauds = _number(evaluation, "data", "parts", "hold_out", "fraud")
    yield _floor("fewest_frauds", frauds, gate.fewest_frauds, "The number of frauds that it was judged on")
    area = _number(evaluation, "metrics", "roc_auc")
    if gate.better_than_guessing:
        yield _better_than_guessing(area, evaluation)
    yield _floor("roc_auc", area, gate.roc_auc, "Its area under the ROC curve")
    precision = _number(evaluation, "metrics", "average_precision")
    yield _floor("average_precision", precision, gate.average_precision, "Its average precision")
    recall = _number(evaluation, "ranking", "recall_at_false_positive_rate", "0.01")
    what = "The share of fraud caught where 1 % of good transactions are flagged"
    yield _floor("recall_at_1_percent", recall, gate.recall_at_1_percent, what)


def _floor(rule: str, value: float | None, least: float, what: str) -> Rule:
    asked = f"; at least {least:,} is asked for" if least else ""
    told = "not known" if value is None else _short(value)
    return Rule(rule, least == 0 or (value is not None and value >= least), value, least, f"{what} is {told}{asked}.")


def _better_than_guessing(area: float | None, evaluation: dict[str, Any]) -> Rule:
    low, high = (_number(evaluation, "ranking", "roc_auc_interval", end) for end in ("low", "high"))
    if area is None or low is None or high is None:
        text = "Whether it is better than guessing is not known."
        return Rule("better_than_guessing", False, None, GUESSING, text)
    passed = low > GUESSING
    text = (
        f"It is {'' if passed else 'not shown to be '}better than guessing: its area under the ROC curve lies between "
        f"{_short(low)} and {_short(high)}, and guessing reaches {GUESSING}."
    )
    return Rule("better_than_guessing", passed, area, GUESSING, text, low, high)


def _against_champion(evaluation: dict[str, Any], gate: Gate, facts: Facts) -> Iterator[Rule]:
    found = evaluation.get("champion")
    champion = found if isinstance(found, dict) else {}
    if champion.get("compared") is not True:
        yield _not_compared(champion, gate, facts)
        return
    yield Rule("not_compared", True, False, gate.not_compared, f"It was compared with {_name(champion)}.")
    gain, low, high = (_number(champion, "difference", "average_precision", end) for end in ("value", "low", "high"))
    if gain is None or low is None or high is None:
        text = "How much better or worse it is than the model that serves is not known."
        yield Rule("largest_loss", False, None, -gate.largest_loss, text)
        return
    rows, frauds = (_number(champion, count) or 0 for count in ("rows", "fraud"))
    told = (
        f"On the same {rows:,} transactions ({frauds:,} frauds) its average precision is {_short(abs(gain))} "
        f"{'lower' if gain < 0 else 'higher'} than that of {_name(champion)}; chance allows {low:+.4f} to {high:+.4f}."
    )
    text = f"{told} Refused is what surely loses more than {gate.largest_loss}."
    yield Rule("largest_loss", high >= -gate.largest_loss, gain, -gate.largest_loss, text, low, high)
    if gate.smallest_gain is not None:
        text = f"{told} Asked for is what surely gains at least {gate.smallest_gain}."
        yield Rule("smallest_gain", low >= gate.smallest_gain, gain, gate.smallest_gain, text, low, high)


def _not_compared(champion: dict[str, Any], gate: Gate, facts: Facts) -> Rule:
    if facts.serving is None:
        return Rule("not_compared", True, True, gate.not_compared, "No model serves that it could be compared with.")
    why = str(champion.get("text") or "its evaluation does not say why")[:LONGEST_TEXT]
    lenience = _lenience("not_compared", gate.not_compared)
    text = f"It was not compared with model {facts.serving}, which serves: {why}. {lenience}"
    return Rule("not_compared", gate.not_compared == "allow", True, gate.not_compared, text)


def _schema_change(gate: Gate, facts: Facts) -> Rule:
    changed = facts.serving is not None and facts.schema_changed
    if facts.serving is None:
        text = "No model serves whose schema could be another one."
    elif not changed:
        text = f"Its schema reads transactions as that of model {facts.serving} does, which serves."
    else:
        text = (
            f"Its schema reads transactions in another way than that of model {facts.serving}, which serves. "
            f"{_lenience('schema_change', gate.schema_change)}"
        )
    return Rule("schema_change", not changed or gate.schema_change == "allow", changed, gate.schema_change, text)


def _lenience(key: str, choice: str) -> str:
    return f"The schema {'allows' if choice == 'allow' else 'refuses'} that (gate.{key})."


def _short(figure: float) -> str:
    return f"{round(figure, 4):,}"


def _name(champion: dict[str, Any]) -> str:
    return f"model {str(champion.get('model', ''))[:LONGEST_TEXT]}"


def _number(document: Any, *path: str) -> float | None:
    """None where the evaluation has no such number."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    if isinstance(document, bool) or not isinstance(document, int | float):
        return None
    return document if -LARGEST < document < LARGEST else None

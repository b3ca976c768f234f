"""The rules of history, written down once more as plainly as can be: over lists of past events, without any state."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model.transaction import Transaction
from tests.model.pasts import START, Memory, event, shop

HOUR, DAY = 3_600_000_000, 86_400_000_000
PLAN = shop(history={"windows": ["1h", "1d", "7d"]}).history_plan
BUCKETS = PLAN.resolution
DELAY = 2 * DAY
MEMORY = 2 * DAY + 8 * DAY
WINDOWS = {"1h": HOUR, "1d": DAY, "7d": 7 * DAY}
RISKS = {"1d": 1, "7d": 7}  # in days


@dataclass
class Past:
    transaction: Transaction
    known: int | None = None  # when it became known as fraud

    @property
    def time(self) -> int:
        return (self.transaction.timestamp - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def who(self, field: str) -> str | None:
        return self.transaction.values[field]

    @property
    def amount(self) -> float | None:
        return self.transaction.values["amount"]


def expected(now: Past, past: list[Past]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    lives = {field: life(now, past, field) for field in ("card_id", "till_id")}
    for field, seen in lives.items():
        short = field.removesuffix("_id")
        facts = of_entity(short, now, seen) if seen is not None else {}
        found |= {told.name: facts.get(told.name) for told in PLAN.features if told.entity == field}
    if lives["card_id"] is not None and lives["till_id"] is not None:
        tills, cards = met(now, lives["card_id"], "till_id"), met(now, lives["till_id"], "card_id")
        found["card_new_till"] = float(now.who("till_id") not in tills)
        found["card_distinct_till"], found["till_distinct_card"] = float(len(tills)), float(len(cards))
    return found


def life(now: Past, past: list[Past], field: str) -> list[Past] | None:
    """The events of the entity since it was last forgotten; None if there is no entity."""
    if now.who(field) is None:
        return None
    seen: list[Past] = []
    for one in [*(one for one in past if one.who(field) == now.who(field)), now]:
        if seen and one.time - seen[-1].time > MEMORY:
            seen = []
        seen.append(one)
    return seen[:-1]


def of_entity(e: str, now: Past, seen: list[Past]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for text, length in WINDOWS.items():
        bucket = length // BUCKETS
        inside = [one for one in seen if now.time // bucket - BUCKETS < one.time // bucket <= now.time // bucket]
        amounts = [one.amount for one in inside if one.amount is not None]
        total = sum(round(max(-1e16, min(1e16, amount * 10_000))) for amount in amounts)
        mean = float(total) / len(amounts) / 10_000 if amounts else None
        found[f"{e}_count_{text}"] = len(inside)
        found[f"{e}_amount_sum_{text}"] = float(total) / 10_000
        found[f"{e}_amount_mean_{text}"] = mean
        if now.amount is not None and mean is not None and mean > 0:
            found[f"amount_vs_{e}_mean_{text}"] = now.amount / mean
        if text == "7d" and len(amounts) >= 3 and now.amount is not None:
            found[f"amount_vs_{e}_spread"] = spread(now.amount, amounts)
    if seen:
        found[f"{e}_seconds_since_last"] = (now.time - seen[-1].time) / 1e6
        found[f"{e}_seconds_known"] = min(now.time - seen[0].time, MEMORY) / 1e6
    return found | risk(e, now, seen)


def spread(amount: float, amounts: list[float]) -> float:
    sizes = [doublings(one) for one in amounts]
    mean = float(sum(sizes)) / len(sizes)
    variance = float(sum(size * size for size in sizes)) / len(sizes) - mean * mean
    return (doublings(amount) - mean) / max(math.sqrt(max(variance, 0)), 64)


def doublings(amount: float) -> int:
    """1024 for each doubling of 1 + amount, and in between in proportion to where it lies between the two powers."""
    power = 0
    while 2.0 ** (power + 1) <= 1 + abs(amount):
        power += 1
    size = round(1024 * (power + ((1 + abs(amount)) / 2.0**power - 1)))
    return int(math.copysign(size, amount))


def risk(e: str, now: Past, seen: list[Past]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    last = (now.time - DELAY) // DAY
    known = [one for one in seen if one.known is not None and one.known <= now.time]
    for text, days in RISKS.items():
        inside = [one for one in seen if last - days <= one.time // DAY < last]
        frauds = [one for one in known if one in inside]
        found[f"{e}_risk_{text}"] = len(frauds) / len(inside) if inside else None
        if text == "7d" and frauds:
            found[f"{e}_fraud_amount_7d"] = usual([one.amount or 0.0 for one in frauds])
    slot = DAY // 8
    ends = [(one.time // slot + 1) * slot for one in known if one.time // DAY >= last - 7]
    over = [end for end in ends if end <= now.time - DELAY]
    found[f"{e}_frauds_7d"] = len(over)
    for name, moment in ((f"{e}_seconds_since_fraud", max), (f"{e}_seconds_since_first_fraud", min)):
        if over:
            found[name] = (now.time - moment(over)) / 1e6
    return found


def usual(amounts: list[float]) -> float:
    """The amount in the middle of these on the scale of doublings."""
    mean = float(sum(doublings(one) for one in amounts)) / len(amounts)
    power, part = int(abs(mean) // 1024), abs(mean) % 1024 / 1024
    return math.copysign(2.0**power * (1 + part) - 1, mean)


def met(now: Past, seen: list[Past], partner: str) -> set[str]:
    epoch = 7 * DAY
    return {
        one.who(partner)
        for one in seen
        if one.who(partner) is not None and now.time // epoch - 1 <= one.time // epoch <= now.time // epoch
    }


GAPS = [0, 0, 1, 299, 3_600, 5_000, 40_000, 86_400, 200_000, 518_400, 864_000, 864_001]
amounts = st.one_of(st.none(), st.floats(-1e15, 1e15), st.floats(0, 500), st.sampled_from([0.0, 9.99, 1e-5]))


@st.composite
def histories(draw: st.DrawFn) -> list[Past]:
    after, events = timedelta(hours=draw(st.integers(0, 200))), []
    for _ in range(draw(st.integers(1, 25))):
        after += timedelta(seconds=draw(st.sampled_from(GAPS)))
        one = Past(event(after, draw(st.sampled_from("ab")), draw(st.sampled_from(["t", "u", None])), draw(amounts)))
        if draw(st.booleans()):
            one.known = one.time + draw(st.sampled_from([0, HOUR, DELAY, DELAY, 3 * DAY, 9 * DAY]))
        events.append(one)
    return events


@given(histories())
def test_the_state_tells_what_the_list_of_past_events_tells(events):
    memory = Memory(PLAN)
    pending: list[Past] = []
    for number, now in enumerate(events):
        for fraud in [one for one in pending if one.known <= now.time]:
            memory.judge(fraud.transaction)
            pending.remove(fraud)
        assert memory.read(now.transaction) == expected(now, events[:number]), number
        memory.observe(now.transaction)
        pending += [now] * (now.known is not None)


def test_the_plan_is_the_one_these_rules_speak_of():
    assert [(window.text, window.length, window.bucket, window.risk) for window in PLAN.windows] == [
        (text, length, length // BUCKETS, RISKS.get(text, 0)) for text, length in WINDOWS.items()
    ]
    assert (PLAN.delay, PLAN.risk_bucket, PLAN.memory, PLAN.epoch) == (DELAY, DAY, MEMORY, 7 * DAY)
    assert START.timestamp() % 86_400 == 0

"""What an event reads from the past of its entities."""

from datetime import timedelta

import pytest

from model import features, history
from model.schema import Schema
from tests.model.conftest import small
from tests.model.pasts import DAY, HOUR, START, Memory, event, shop

SECOND = timedelta(seconds=1)


@pytest.fixture
def memory():
    return Memory(shop().history_plan)


def test_an_event_never_sees_itself(memory):
    first = event(HOUR, amount=5)
    before = memory.read(first)
    memory.observe(first)
    assert before["card_count_1h"] == 0
    assert memory.read(first)["card_count_1h"] == 1


def test_an_unknown_entity_has_counts_of_nothing_and_no_averages(memory):
    found = memory.read(event(HOUR, till="t", amount=5))
    for name, value in found.items():
        kind = memory.plan.by_name[name].kind
        if kind == "new":
            assert value == 1
        elif kind in ("count", "sum", "frauds", "distinct"):
            assert value == 0, name
        else:
            assert value is None, name


def test_a_missing_entity_has_no_history_and_leaves_none(memory):
    memory.observe(event(HOUR, card=None, till="t", amount=5))
    assert list(memory.states) == list(history.keys(memory.plan, event(HOUR, card=None, till="t")).values())
    found = memory.read(event(2 * HOUR, card=None, till="t", amount=5))
    assert {name for name, value in found.items() if value is None} >= {
        name for name, feature in memory.plan.by_name.items() if "card_id" in (feature.entity, feature.partner)
    }
    assert found["till_count_1d"] == 1


def test_windows_look_back_between_their_length_less_a_bucket_and_their_length(memory):
    memory.observe(event(HOUR, amount=1))
    bucket = HOUR / memory.plan.resolution
    assert memory.read(event(2 * HOUR - bucket - SECOND))["card_count_1h"] == 1
    assert memory.read(event(2 * HOUR))["card_count_1h"] == 0
    assert memory.read(event(2 * HOUR))["card_count_1d"] == 1


def test_sums_means_and_ratios_tell_amounts_from_missing_ones(memory):
    memory.observe(event(HOUR, amount=10), event(HOUR, amount=None), event(HOUR, amount=2.5))
    found = memory.read(event(HOUR, amount=25))
    assert found["card_count_1h"] == 3
    assert found["card_amount_sum_1h"] == 12.5
    assert found["card_amount_mean_1h"] == 6.25
    assert found["amount_vs_card_mean_1h"] == 4
    assert memory.read(event(HOUR, amount=None))["amount_vs_card_mean_1h"] is None


@pytest.mark.parametrize("amount", [0.0, -3.0])
def test_a_mean_that_is_not_above_zero_gives_no_ratio(memory, amount):
    memory.observe(event(HOUR, amount=amount))
    found = memory.read(event(HOUR, amount=5))
    assert found["card_amount_mean_1h"] == amount
    assert found["amount_vs_card_mean_1h"] is None


def test_the_spread_counts_doublings_from_the_usual(memory):
    memory.observe(*(event(hours * HOUR, amount=amount) for hours, amount in enumerate((7, 7, 7))))
    found = memory.read(event(4 * HOUR, amount=15))
    assert found["amount_vs_card_spread"] == 1024 / 64  # one doubling of 1 + amount; the smallest deviation is 64 steps
    assert memory.read(event(4 * HOUR, amount=7))["amount_vs_card_spread"] == 0


def test_the_spread_wants_three_amounts(memory):
    memory.observe(event(HOUR, amount=7), event(HOUR, amount=9), event(HOUR))
    assert memory.read(event(HOUR, amount=7))["amount_vs_card_spread"] is None


def test_times_are_told_in_seconds(memory):
    memory.observe(event(0 * HOUR), event(HOUR))
    found = memory.read(event(HOUR + timedelta(microseconds=1)))
    assert (found["card_seconds_since_last"], found["card_seconds_known"]) == (1e-06, 3600.000001)


def test_an_entity_silent_for_longer_than_memory_is_as_one_never_seen(memory):
    known = event(HOUR, till="t", amount=5)
    memory.observe(known)
    at_the_end = timedelta(microseconds=memory.plan.memory) + HOUR
    assert memory.read(event(at_the_end, till="t", amount=5))["card_seconds_known"] == memory.plan.memory / 1e6
    later = event(at_the_end + timedelta(microseconds=1), till="t", amount=5)
    assert memory.read(later) == Memory(memory.plan).read(later)
    memory.observe(later)
    fresh = Memory(memory.plan)
    fresh.observe(later)
    assert memory.states == fresh.states


def test_how_long_an_entity_is_known_ends_at_memory(memory):
    memory.observe(*(event(days * DAY) for days in range(0, 90, 10)))
    assert memory.read(event(81 * DAY))["card_seconds_known"] == memory.plan.memory / 1e6


def test_new_partners_are_told_of_the_first_of_a_pair_and_counted_on_both_sides(memory):
    memory.observe(event(HOUR, card="a", till="t"))
    again, other = memory.read(event(HOUR, card="a", till="t")), memory.read(event(HOUR, card="b", till="t"))
    assert [again[f"card_{kind}_till"] for kind in ("new", "distinct")] == [0, 1]
    assert [other[f"card_{kind}_till"] for kind in ("new", "distinct")] == [1, 0]
    assert (again["till_distinct_card"], other["till_distinct_card"]) == (1, 1)
    assert memory.read(event(HOUR, card="a"))["card_new_till"] is None


def test_partners_are_remembered_for_this_epoch_and_the_one_before(memory):
    epoch = timedelta(microseconds=memory.plan.epoch)
    in_epoch = START.timestamp() % epoch.total_seconds()
    begins = timedelta(seconds=epoch.total_seconds() - in_epoch)
    memory.observe(event(begins, till="t"), event(begins + epoch))
    assert memory.read(event(begins + 2 * epoch - SECOND, till="t"))["card_new_till"] == 0
    assert memory.read(event(begins + 2 * epoch, till="t"))["card_new_till"] == 1


def test_at_most_so_many_partners_are_remembered_per_epoch(memory):
    memory.observe(*(event(HOUR, till=f"t{i}") for i in range(40)))
    found = [memory.read(event(HOUR, till=f"t{i}")) for i in range(40)]
    assert [one["card_new_till"] for one in found] == [0] * 32 + [1] * 8
    assert found[0]["card_distinct_till"] == 32


def test_e_mail_and_ip_addresses_are_one_entity_in_upper_and_lower_case():
    fields = {"mail": {"role": "email"}, "net": {"role": "ip"}, "card": {"role": "entity"}}
    schema = Schema.from_dict(small(fields=fields))

    def keys(mail: str, net: str, card: str) -> dict[str, str]:
        payload = {"transaction_id": "t", "time": "2026-03-02T00:00:00Z", "mail": mail, "net": net, "card": card}
        return history.keys(schema.history_plan, schema.validate(payload))

    upper, lower = keys("A@B.example", "2001:DB8::1", "C"), keys("a@b.example", "2001:db8::1", "c")
    assert (upper["mail"], upper["net"]) == (lower["mail"], lower["net"])
    assert upper["card"] != lower["card"]


def test_a_key_names_plan_and_field_and_hides_the_value(memory):
    key = history.keys(memory.plan, event(HOUR, card="4929 1234"))["card_id"]
    assert key.startswith(f"{memory.plan.id}#card_id#")
    assert "4929" not in key
    assert len(key) == len(f"{memory.plan.id}#card_id#") + 32


def test_features_come_after_fields_and_calendar_and_take_the_states():
    schema = shop()
    memory = Memory(schema.history_plan)
    memory.observe(event(HOUR, amount=5))
    now = event(HOUR, amount=5)
    computed = features.compute(schema, now, memory.of(now))
    assert tuple(computed) == features.names(schema)
    assert list(computed)[:6] == ["amount", "hour", "weekday", "is_night", "is_weekend", "card_count_1h"]
    assert computed["card_count_1h"] == 1
    assert features.compute(schema, now)["card_count_1h"] == 0


@pytest.mark.parametrize("amount", [1e15, -1e15, 1e-9, 0.0])
def test_amounts_of_any_size_are_remembered(memory, amount):
    memory.observe(*(event(HOUR, amount=amount) for _ in range(3)))
    found = memory.read(event(HOUR, amount=amount))
    assert all(value is None or abs(value) < 1e25 for value in found.values())
    assert found["amount_vs_card_spread"] == 0


def test_a_sum_of_amounts_beyond_64_bits_is_what_a_column_would_show(memory):
    moment = event(HOUR, amount=1e12)
    (key,) = history.keys(memory.plan, moment).values()
    memory.observe(moment)
    counter = next(name for name in memory.states[key] if name.startswith("s3"))
    memory.states[key] = memory.states[key] | {counter: 2**63}
    assert memory.read(moment)["card_amount_sum_30d"] == float(-(2**63)) / 10_000

"""Payments of ordinary days, and what thieves add to them: four patterns of fraud, a few of which look like habits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from model.simulation.people import (
    CATEGORIES,
    COUNTRIES,
    THROWAWAY_DOMAINS,
    Customer,
    Terminal,
    any_address,
    make_customers,
    make_terminals,
    provider_address,
)

WEEKDAYS = (0.95, 0.95, 1.0, 1.0, 1.15, 1.3, 0.8)
FRAUD_SHARE = 0.01
ROWS_PER_CUSTOMER_DAY = 0.55
GOLDEN_RATIO = 0.618034  # its multiples fall evenly
TARGETS = ("electronics", "gift_cards", "jewellery", "travel", "digital_goods")


@dataclass(frozen=True)
class Payment:
    time: datetime
    customer: Customer
    terminal: Terminal
    amount: float
    channel: str
    email: str
    ip: str
    fraud: bool = False


@dataclass(frozen=True)
class World:
    random: Random
    start: datetime
    days: int
    customers: list[Customer]
    terminals: list[Terminal]


def simulate(rows: int, days: int, start: datetime, seed: int) -> list[Payment]:
    """Exactly `rows` payments in order of time, about one in a hundred of them fraud."""
    random = Random(seed)  # noqa: S311 (repeatable, not secret)
    terminals = make_terminals(random, min(2000, max(60, rows // 100)))
    customers = make_customers(random, max(30, int(rows / days / ROWS_PER_CUSTOMER_DAY)), terminals)
    world = World(random, start, days, customers, terminals)
    payments = _frauds(world, round(rows * FRAUD_SHARE))
    payments += _habits(world, rows - len(payments))
    return sorted(payments, key=lambda payment: payment.time)


def _habits(world: World, count: int) -> list[Payment]:
    random = world.random
    payers = random.choices(world.customers, [customer.activity for customer in world.customers], k=count)
    weights = [WEEKDAYS[(world.start + timedelta(days=day)).weekday()] for day in range(world.days)]
    days = random.choices(range(world.days), weights, k=count)
    return [_habit(world, customer, day) for customer, day in zip(payers, days, strict=True)]


def _habit(world: World, customer: Customer, day: int) -> Payment:
    random = world.random
    if random.random() < 0.03:  # now and then something new, sometimes far away
        terminal = random.choice(world.terminals)
    else:
        terminal = random.choices(customer.terminals, customer.terminal_weights)[0]
    hour = random.uniform(0, 24) if random.random() < 0.12 else random.gauss(customer.peak_hour, 2.8) % 24
    amount = _usual_amount(random, terminal) * customer.spending
    return _pay(world, day * 24 + hour, customer, terminal, amount, _usual_channel(random, terminal))


def _pay(world: World, hours: float, customer: Customer, terminal: Terminal, amount: float, channel: str) -> Payment:
    random, where = world.random, world.random.random()  # mostly at home, sometimes on the way, rarely far from it
    address = customer.address if where < 0.75 else (provider_address if where < 0.95 else any_address)(random)
    time = world.start + timedelta(seconds=int(hours * 3600) % (world.days * 86_400))
    return Payment(time, customer, terminal, max(0.01, round(amount, 2)), channel, customer.email, address)


def _frauds(world: World, count: int) -> list[Payment]:
    """The patterns in turn, spread over the whole time, so that every part of it has all of them."""
    patterns = cycle(
        (_stolen_card, _account_takeover, _stolen_card, _card_testing, _stolen_card, _compromised_terminal)
    )
    frauds: list[Payment] = []
    for number, pattern in enumerate(patterns):
        day = int(number * GOLDEN_RATIO % 1 * world.days)
        frauds += [replace(payment, fraud=True) for payment in pattern(world, day)]
        if len(frauds) >= count:
            break
    return frauds[:count]


def _stolen_card(world: World, day: int) -> Iterator[Payment]:
    """One to four expensive online purchases in one night, of things that are easily sold."""
    random, customer = world.random, world.random.choice(world.customers)
    hour = day * 24 + (random.gauss(1.5, 3) % 24)
    network = _thieves_address(random)
    for _ in range(random.randint(1, 4)):
        terminal = _target(world, online=True)
        amount = _usual_amount(random, terminal) * random.uniform(0.8, 3.5)
        yield replace(_pay(world, hour, customer, terminal, amount, "online"), ip=network)
        hour += random.expovariate(3)


def _account_takeover(world: World, day: int) -> Iterator[Payment]:
    """A burst from one strange connection, often after the e-mail address was changed."""
    random, customer = world.random, world.random.choice(world.customers)
    hour = day * 24 + random.uniform(0, 21)
    network = _thieves_address(random)
    email = f"{customer.id.lower()}@{random.choice(THROWAWAY_DOMAINS)}" if random.random() < 0.4 else customer.email
    for _ in range(random.randint(3, 8)):
        terminal = _target(world, online=True)
        amount = _usual_amount(random, terminal) * random.uniform(0.6, 2.5)
        yield replace(_pay(world, hour, customer, terminal, amount, "online"), ip=network, email=email)
        hour += random.expovariate(8)


def _card_testing(world: World, day: int) -> Iterator[Payment]:
    """Tiny amounts on many cards at one online shop within minutes: do the stolen numbers work?"""
    random = world.random
    shops = [terminal for terminal in world.terminals if terminal.online and terminal.category == "digital_goods"]
    terminal, network = random.choice(shops), _thieves_address(random)
    hour = day * 24 + random.uniform(0, 23)
    for customer in random.sample(world.customers, random.randint(5, 15)):
        amount = random.choice((0.5, 0.99, 1.0, 1.0, 1.49, 2.0))
        yield replace(_pay(world, hour, customer, terminal, amount, "online"), ip=network)
        hour += random.expovariate(60)


def _compromised_terminal(world: World, day: int) -> Iterator[Payment]:
    """A manipulated terminal: for days, copies of the cards used there pay by magnetic stripe."""
    random = world.random
    terminal = random.choice([terminal for terminal in world.terminals if not terminal.online])
    for customer in random.sample(world.customers, random.randint(4, 12)):
        hour = (day + random.uniform(0, 10)) * 24
        amount = _usual_amount(random, terminal) * random.uniform(0.8, 2.5)
        yield _pay(world, hour, customer, terminal, amount, "magstripe")


def _target(world: World, online: bool) -> Terminal:
    """A shop that thieves like; one time in four any shop."""
    wanted = TARGETS if world.random.random() > 0.25 else tuple(CATEGORIES)
    shops = [shop for shop in world.terminals if shop.online == online and shop.category in wanted]
    return world.random.choice(shops or world.terminals)


def _usual_amount(random: Random, terminal: Terminal) -> float:
    return CATEGORIES[terminal.category][1] * terminal.price_level * random.lognormvariate(0, 0.55)


def _usual_channel(random: Random, terminal: Terminal) -> str:
    if terminal.online:
        return "recurring" if terminal.category == "digital_goods" and random.random() < 0.3 else "online"
    return "magstripe" if terminal.stripe_only else random.choices(("contactless", "chip", "magstripe"), (70, 27, 3))[0]


def _thieves_address(random: Random) -> str:
    """Half of them hide among ordinary customers of a provider."""
    return (provider_address if random.random() < 0.5 else any_address)(random)


def currency(payment: Payment) -> str:
    return COUNTRIES[payment.terminal.country]

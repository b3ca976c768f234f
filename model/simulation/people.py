"""Customers and terminals with habits: who pays where, how much, and when."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

COUNTRIES = {"DE": "EUR", "FR": "EUR", "NL": "EUR", "GB": "GBP", "CH": "CHF", "PL": "PLN", "US": "USD"}
COUNTRY_WEIGHTS = (40, 18, 12, 12, 6, 7, 5)
# category: (how often people buy there, usual amount, share of online shops)
CATEGORIES = {
    "groceries": (30, 32.0, 0.05),
    "restaurants": (16, 28.0, 0.05),
    "fuel": (9, 58.0, 0.0),
    "transport": (10, 14.0, 0.35),
    "fashion": (8, 65.0, 0.5),
    "electronics": (4, 210.0, 0.6),
    "travel": (3, 320.0, 0.85),
    "pharmacy": (6, 19.0, 0.1),
    "digital_goods": (7, 9.5, 1.0),
    "gift_cards": (1.5, 50.0, 0.8),
    "jewellery": (0.8, 260.0, 0.3),
    "home": (5, 75.0, 0.4),
}
PROVIDERS = 48  # networks (/16) that people, and some thieves, use
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.example")
THROWAWAY_DOMAINS = ("quickmail.example", "tenminutes.example")


@dataclass(frozen=True)
class Terminal:
    id: str
    category: str
    country: str
    online: bool
    price_level: float
    stripe_only: bool  # an old reader that knows neither chip nor contactless


@dataclass(frozen=True)
class Customer:
    id: str
    card: str
    country: str
    age: int
    account_age_days: int  # on the first day
    email: str
    address: str  # of the usual internet connection
    activity: float
    spending: float
    peak_hour: float
    terminals: tuple[Terminal, ...]
    terminal_weights: tuple[float, ...]


def make_terminals(random: Random, count: int) -> list[Terminal]:
    names = list(CATEGORIES)
    weights = [CATEGORIES[name][0] for name in names]
    terminals = []
    for number in range(count):
        category = names[number] if number < len(names) else random.choices(names, weights)[0]
        terminals.append(
            Terminal(
                id=f"T{number:05d}",
                category=category,
                country=random.choices(list(COUNTRIES), COUNTRY_WEIGHTS)[0],
                online=random.random() < CATEGORIES[category][2],
                price_level=random.lognormvariate(0, 0.3),
                stripe_only=random.random() < 0.04,
            )
        )
    return terminals


def make_customers(random: Random, count: int, terminals: list[Terminal]) -> list[Customer]:
    return [_customer(random, number, terminals) for number in range(count)]


def _customer(random: Random, number: int, terminals: list[Terminal]) -> Customer:
    country = random.choices(list(COUNTRIES), COUNTRY_WEIGHTS)[0]
    reachable = [terminal for terminal in terminals if terminal.online or terminal.country == country]
    known = random.sample(reachable, min(len(reachable), random.randint(8, 25)))
    return Customer(
        id=f"C{number:05d}",
        card=f"card-{random.getrandbits(40):010x}",
        country=country,
        age=min(95, max(18, round(random.gauss(46, 16)))),
        account_age_days=int(random.expovariate(1 / 1200)),
        email=f"customer{number}@{random.choice(MAIL_DOMAINS if random.random() > 0.01 else THROWAWAY_DOMAINS)}",
        address=provider_address(random),
        activity=random.lognormvariate(0, 0.7),
        spending=random.lognormvariate(0, 0.35),
        peak_hour=random.choice((9.0, 12.5, 17.5, 17.5, 19.0)),
        terminals=tuple(known),
        terminal_weights=tuple(CATEGORIES[terminal.category][0] * random.random() for terminal in known),
    )


def provider_address(random: Random) -> str:
    provider = int(PROVIDERS * random.random() ** 1.5)
    return f"{62 + provider % 30}.{16 * (provider % 7)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


def any_address(random: Random) -> str:
    return f"{random.randint(5, 210)}.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}"

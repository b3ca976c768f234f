"""One valid scoring request of the shipped schema, to be varied."""

CARD_PAYMENT = {
    "transaction_id": "tx-1",
    "timestamp": "2026-03-07T23:30:00-02:00",
    "customer_id": "C1",
    "card_id": 4929,
    "terminal_id": "T1",
    "amount": 940,
    "currency": "EUR",
    "merchant_category": "jewellery",
    "merchant_country": "DE",
    "channel": "online",
    "customer_age": 44,
    "account_age_days": 3.0,
    "email": "Jo@QuickMail.example",
    "ip_address": "12.3.4.5",
}

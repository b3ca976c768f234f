"""What is read out of e-mail and IP addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import features
from model.addresses import PARTS, email_parts, ip_parts
from model.field import is_email, is_ip


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("Jo.Hn99@Shop.CO.uk", ("shop.co.uk", "uk", 7.0, 2 / 7, 0.25, 1.0)),
        ("12345@example.org", ("example.org", "org", 5.0, 1.0, None, 0.0)),
        ("a.b+c-d_e@x", ("x", "x", 9.0, 0.0, 0.4, 4.0)),
        ('"odd@name"@b.de', ("b.de", "de", 10.0, 0.0, 3 / 7, 0.0)),
    ],
)
def test_an_email_address_tells_its_domain_and_how_its_name_is_written(address, parts):
    assert email_parts(address) == pytest.approx(parts)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("10.20.30.40", ("10", "10.20", 10.0, 20.0, 30.0, 40.0)),
        ("2001:db8::1", ("2001", "2001:0db8", 8193.0, 3512.0, 0.0, 0.0)),
        ("fe80::1%eth0", ("fe80", "fe80:0000", 65152.0, 0.0, 0.0, 0.0)),
        ("::ffff:1.2.3.4", ("0000", "0000:0000", 0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_an_ip_address_tells_its_networks_and_numbers(address, parts):
    assert ip_parts(address) == parts


@given(st.emails() | st.text(max_size=30).map(lambda text: text.strip() + "@b") | st.ip_addresses().map(str))
def test_every_address_that_a_field_takes_has_all_its_parts(address):
    for role, accepts in (("email", is_email), ("ip", is_ip)):
        if accepts(address):
            values = features.derive(role, address)
            assert len(values) == len(PARTS[role])
            for part, value in zip(PARTS[role], values, strict=True):
                assert isinstance(value, str if part.category else float | None), part


def test_a_missing_address_has_no_parts():
    assert features.derive("email", None) == (None,) * len(PARTS["email"])

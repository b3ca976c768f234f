"""The API's description is a valid document, follows the model that serves, and what it shows works as it is shown."""

import json
from html.parser import HTMLParser
from typing import Any

import openapi_spec_validator
import pytest
from hypothesis import given, settings, strategies

from functions.label import label
from functions.lists import entry
from functions.openapi import document, page
from functions.rest.problems import ProblemError
from functions.score import batch
from model.schema import Schema, load
from tests.functions import labels
from tests.functions.artefacts import contract
from tests.functions.conftest import BUCKET, sample_event
from tests.functions.description import described, resolve, validator
from tests.functions.fakes import START
from tests.functions.world import SECOND, World, build
from tests.model.conftest import ROOT, small
from tests.model.test_request_form import FORMATS, TIMES, WORDS, Validator, texts_and_numbers

SCHEMAS = [ROOT / "model/schema.yaml", *sorted((ROOT / "docs/schemas").glob("*.yaml"))]
HOSTILE = "<script>alert('x')</script>&\"'"


@pytest.fixture
def world(s3, table, history_table, context) -> World:
    return build(s3, table, context)


def fetch(world: World) -> dict[str, Any]:
    status, found, _ = world.call(sample_event("score-get-openapi"))
    assert status == 200
    return found


def post(world: World, path: str, body: Any) -> tuple[int, Any]:
    """As a caller does who has read of the path."""
    status, answer, _ = world.call(sample_event("score-valid") | {"resource": path, "body": json.dumps(body)})
    return status, answer


def examples(found: dict[str, Any], path: str) -> list[Any]:
    (media,) = found["paths"][path]["post"]["requestBody"]["content"].values()
    return [example["value"] for example in media["examples"].values()]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_it_is_a_valid_document_whatever_the_schema(path):
    openapi_spec_validator.validate(document.describe(load(path)))


def test_it_follows_the_schema_of_the_model_that_serves(world):
    assert fetch(world)["info"]["title"] == "Fraud scoring: card-payments"
    schema = Schema.from_dict(small(extra_columns="ignore"))
    world.serve(contract(SECOND, schema=schema, features=("amount", "shop"), categories={"shop": ("deli",)}))
    world.seconds[0] += 60
    found = fetch(world)
    assert found["info"]["title"] == "Fraud scoring: small" and SECOND in found["info"]["description"]
    form = found["components"]["schemas"]["Transaction"]
    assert list(form["properties"]) == ["transaction_id", "time", "amount", "card", "shop"]
    assert form["additionalProperties"] is True
    assert examples(found, "/score")[0]["shop"] == "deli"


def test_without_a_model_it_follows_the_packaged_schema(world, s3):
    s3.delete_object(Bucket=BUCKET, Key="config/live.json")
    found = fetch(world)
    assert found == document.describe(load(), address="https://ecc79219ab.execute-api.us-east-1.amazonaws.com/v1")
    assert "no model serves yet" in found["info"]["description"]


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"domainName": "pay.example.com", "path": "/fraud/openapi.json"}, "https://pay.example.com/fraud"),
        ({"path": "/v1/openapi.json"}, "."),  # relative to where the document was found
    ],
)
def test_it_says_where_the_api_was_called(world, told, address):
    event = sample_event("score-get-openapi")
    del event["requestContext"]["domainName"]
    event["requestContext"] |= told
    assert world.call(event)[1]["servers"] == [{"url": address}]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_what_it_shows_can_be_sent_as_it_is(world, path):
    schema = load(path)
    world.serve(contract(SECOND, schema=schema, features=("hour",)))
    world.seconds[0] += 60
    found = fetch(world)
    parameter = found["paths"]["/decisions/{transaction_id}"]["get"]["parameters"][0]["example"]
    (transaction,), (transactions,) = examples(found, "/score"), examples(found, "/score/batch")
    assert post(world, "/score", transaction)[0] == 200
    assert world.find(parameter)[1]["transaction_id"] == transaction["transaction_id"]
    status, answer = post(world, "/score/batch", transactions)
    assert status == 200 and all("outcome" in one for one in answer["decisions"])


def test_the_labels_it_shows_can_be_sent_as_they_are(s3, sqs, sns, context, clock, table, history_table):
    world = labels.World(s3, sqs, sns, context, clock)
    found = document.describe(load())
    world.decide(examples(found, "/score")[0]["transaction_id"])
    one, many = examples(found, "/labels")
    assert world.post(**one)[1]["status"] == "recorded"
    assert world.post(*many["labels"])[1]["labels"][0]["status"] == "unchanged"


def test_the_answers_it_shows_are_such_as_it_describes():
    found = document.describe(load())
    shown = 0
    for methods in found["paths"].values():
        for operation in methods.values():
            for response in map(resolve, operation["responses"].values()):
                for media in response["content"].values():
                    values = [example["value"] for example in media.get("examples", {}).values()]
                    for value in values + ([media["example"]] if "example" in media else []):
                        validator(media["schema"]).validate(value)
                        shown += 1
    assert shown > 30


LABEL = strategies.fixed_dictionaries(
    {},
    optional={
        "transaction_id": strategies.sampled_from(["a", "payment 1", *WORDS, *texts_and_numbers(64)]),
        "label": strategies.sampled_from(["fraud", "legit", "Fraud", 1, None, ["fraud"]]),
        "labelled_at": strategies.sampled_from([None, 5, "", *[time for time in TIMES if time < START.isoformat()]]),
        "colour": strategies.just("red"),
    },
)
VALID = strategies.just({"transaction_id": "a", "label": "fraud", "labelled_at": "2026-11-20T09:00:00Z"})
LABELS = strategies.lists(LABEL | VALID | strategies.none(), max_size=2) | strategies.just([{}]) | strategies.none()


@given(LABEL | VALID | strategies.fixed_dictionaries({"labels": LABELS | VALID.map(lambda one: [one] * 101)}) | VALID)
@settings(max_examples=500, deadline=None)
def test_the_form_of_labels_says_yes_exactly_to_what_is_recorded(payload):
    found = described()
    (media,) = found["paths"]["/labels"]["post"]["requestBody"]["content"].values()
    says_yes = Validator(media["schema"] | {"components": found["components"]}, format_checker=FORMATS)
    try:
        label.read(payload, START)
        accepted = True
    except ProblemError:
        accepted = False
    assert says_yes.is_valid(payload) == accepted


LATER = [time for time in TIMES if time > START.isoformat()]
CHARACTERS = [character for character in map(chr, range(0x2100)) if character.isspace() or not character.isalnum()]
CHANGES = {
    "field": ["email", "ip_address", "amount", "", 1],
    "value": ["a@b.example", "1.2.3.4", *WORDS, *texts_and_numbers(64)],
    "list": ["allow", "none", "Deny", "", 1],
    "expires_at": [*LATER, *(f" {time}" for time in LATER[:50]), "2027-01-01T00:00:00Z\n", "", 5],
    "note": [*(f"a{character}b" for character in CHARACTERS), "👩", "b\n", "x" * 200, "x" * 201, "", 5],
    "colour": ["red"],
}


@pytest.mark.parametrize("on", ["deny", "none"])
@pytest.mark.parametrize("listed", [("card_id", "k-1"), ("email", "a@b.example"), ("ip_address", "::1")])
def test_the_form_of_a_listing_says_yes_exactly_to_what_is_listed(listed, on):
    found, schema = described(), load()
    (media,) = found["paths"]["/lists"]["post"]["requestBody"]["content"].values()
    says_yes = Validator(media["schema"] | {"components": found["components"]}, format_checker=FORMATS)

    def is_listed(payload: dict[str, Any]) -> bool:
        try:
            entry.read(payload, schema, START, lambda _field, value: value)
        except ProblemError:
            return False
        return True

    listing = {"field": listed[0], "value": listed[1], "list": on}
    changed = [listing | {name: value} for name, values in CHANGES.items() for value in [*values, None, [], {}]]
    lacking = [{other: listing[other] for other in listing if other != name} for name in listing]
    for payload in [listing, *changed, *lacking]:
        assert says_yes.is_valid(payload) == is_listed(payload), payload


@pytest.mark.parametrize("size", [0, 1, 100, 101])
@pytest.mark.parametrize("more", [{}, {"colour": 1}])
def test_the_form_of_a_batch_says_yes_exactly_to_what_is_scored(size, more):
    payload = {"transactions": [{"colour": "red"}, 7, None, []][: min(size, 4)] + [{}] * max(0, size - 4)} | more
    found = described()
    says_yes = Validator({"$ref": "#/components/schemas/Transactions", "components": found["components"]})
    try:
        batch.read(payload)
        accepted = True
    except ProblemError:
        accepted = False
    assert says_yes.is_valid(payload) == accepted == (size in (1, 100) and not more)


class Reader(HTMLParser):
    """Reads a page as strictly as no browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.add(tag)
        self.open += [tag] if tag != "meta" else []
        for name, value in attributes:
            assert name in {"lang", "charset", "name", "content", "id", "href"}
            self.ids += [value] if name == "id" else []
            self.targets |= {value} if name == "href" else set()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_shows_the_same_to_people_and_needs_nothing_else(world):
    status, html, headers = world.answer(sample_event("score-get-docs"))
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    found, reader = fetch(world), read(html)
    assert reader.tags.isdisjoint({"script", "link", "img", "iframe"}) and "//" not in html
    assert {target.removeprefix("#") for target in reader.targets} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    for path, methods in found["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in reader.text
    for name, form in found["components"]["schemas"].items():
        assert name in reader.text and all(field in reader.text for field in form["properties"])
    assert "one of chip, contactless" in reader.text and "0 to 130" in reader.text
    assert "text; date and time" in reader.text and "on one line" in reader.text


def test_nothing_that_a_schema_says_becomes_part_of_the_pages_markup():
    rule = {"role": "category", "description": HOSTILE, "values": [HOSTILE]}
    schema = Schema.from_dict(small(fields={"a&b": {"role": "amount"}, 'x" onclick="y': rule}))
    html = page.html(document.describe(schema, contract(HOSTILE, schema=schema)))
    reader = read(html)
    assert "script" not in reader.tags and "<script" not in html
    assert HOSTILE in reader.text and 'x" onclick="y' in reader.text

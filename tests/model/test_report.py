"""report.html: one well-formed page that needs nothing else, shows what evaluation.json says, and escapes all of it."""

import copy
import json
import re
from html.parser import HTMLParser

import pytest

from model.training import report
from model.training.report import headline

VOID = {"meta", "input", "link", "br", "img"}
MOST_BYTES = 300_000


class Page(HTMLParser):
    """Checks that what is opened is closed, and collects what a reader sees and what the page refers to."""

    def __init__(self, page):
        super().__init__()
        self.open, self.words, self.attributes, self.ids, self.counts = [], [], [], [], {}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def evaluation(trained):
    return json.loads((trained / "evaluation.json").read_text())


@pytest.fixture
def changed(evaluation):
    """The evaluation, to be changed at will."""
    return copy.deepcopy(evaluation)


def test_the_page_is_what_the_training_wrote_well_formed_and_small(trained, evaluation):
    written = (trained / "report.html").read_text("utf-8")
    assert written == report.render(evaluation)
    assert len(written.encode()) < MOST_BYTES
    page = Page(written)
    assert len(page.ids) == len(set(page.ids))
    assert page.counts["svg"] == 6
    assert page.counts["h1"] == 1


def test_the_page_refers_to_nothing_outside(evaluation):
    written = report.render(evaluation)
    assert not re.search(r"https?://|//\w|@import|url\(|\bsrc=|\bhref=|fetch\(|XMLHttp", written)
    told = [value for name, value in Page(written).attributes if name == "content"]
    assert any(value.startswith("default-src 'none'") for value in told)  # the browser holds the page to it


def test_every_label_and_every_figure_that_the_script_fills_is_there(evaluation):
    page = Page(report.render(evaluation))
    assert {value for name, value in page.attributes if name == "for"} <= set(page.ids)
    script = report.SCRIPT
    wanted = set(re.findall(r'show\("(\w+)"', script)) | set(re.findall(r'getElementById\("(\w+)"\)', script))
    assert len(wanted) > 8
    assert wanted <= set(page.ids)


def test_the_slider_starts_at_the_review_threshold(evaluation):
    written = report.render(evaluation)
    data = json.loads(re.search(r'<script type="application/json" id="thresholds">(.*?)</script>', written)[1])
    at = len(data["threshold"]) - 1 - int(re.search(r'id="threshold" min="0" max="\d+" value="(\d+)"', written)[1])
    assert data["threshold"][at] == evaluation["thresholds"]["review"]
    assert data["fraud_flagged"][at] == evaluation["at_thresholds"]["review"]["confusion_matrix"]["fraud_flagged"]
    assert len(data["threshold"]) <= 101
    assert set(map(len, (value for value in data.values() if isinstance(value, list)))) == {len(data["threshold"])}


def test_the_headline_says_what_the_figures_say(evaluation):
    text, review = Page(report.render(evaluation)).text, evaluation["at_thresholds"]["review"]
    assert f"{review['recall']:.1%}".replace("%", " %") in text
    assert f"{review['false_positive_rate']:.2%}".replace("%", " %") in text
    assert f"{evaluation['data']['parts']['hold_out']['rows']:,} transactions" in text


def test_every_text_is_escaped(changed):
    evil = '</script><script>alert("x")</script><b>&'
    changed["model"] = evil
    changed["segments"][0] |= {"field": evil, "part": evil}
    changed["data"]["columns"][0]["column"] = evil
    changed["data"]["rejected"] = [{"field": evil, "reason": evil, "rows": 1}]
    changed["daily"]["card_precision"]["entity"] = evil
    changed["drift"] = {evil: 1.0} | changed["drift"]
    changed["influence"]["mean_absolute_shap"] = {evil: 1.0}
    page = Page(report.render(changed))
    assert page.counts["script"] == 2
    assert "b" not in page.counts or page.counts["b"] == 4  # the headline's figures
    assert page.text.count(evil) >= 7


def test_without_amounts_cards_and_fraud_in_a_part_the_page_does_without(changed):
    for at in changed["at_thresholds"].values():
        del at["amount"]
    for name in ("fraud_amount", "legit_amount"):
        del changed["curves"]["by_threshold"][name]
    del changed["daily"]["card_precision"]
    changed["segments"][0] |= {"fraud": 0, "recall": None}
    changed["daily"]["by_day"] = changed["daily"]["by_day"][:1]
    text = Page(report.render(changed)).text
    assert "What a threshold catches and stops" in text
    assert "money" not in text.lower()
    assert "–" in text


def test_what_makes_the_figures_doubtful_is_said_first(changed):
    changed["data"]["parts"]["hold_out"]["fraud"] = 12
    changed["data"]["rows"]["rejected"] = 3
    changed["drift"] = {"amount": 0.3, "hour": 0.01}
    changed["at_thresholds"]["review"]["recall"] = 0.9
    changed["segments"] = [
        {"field": "shop", "part": "new", "rows": 900, "fraud": 40, "recall": 0.1, "false_positive_rate": 0.0},
        {"field": "shop", "part": "tiny", "rows": 9, "fraud": 2, "recall": 0.0, "false_positive_rate": 0.0},
    ]
    few, moved, weak, rejected = headline.warnings(changed)
    assert "Only 12 frauds" in few
    assert "amount" in moved
    assert "hour" not in moved
    assert "shop new" in weak
    assert "tiny" not in weak
    assert "3 rows" in rejected

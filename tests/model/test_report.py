"""report.html: one well-formed page that needs nothing else, shows what evaluation.json says, and escapes all of it."""

import copy
import json
import re
from html.parser import HTMLParser

import pytest

from model.training import report
from model.training.report import comparison, watch

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
    wanted = set(re.findall(r'(?:show|find)\("([\w-]+)"\)?[,)]?', script)) - {"marker-", "price-"}
    wanted |= {f"{name}{part}" for name in ("review", "block") for part in ("-score", "-probability")}
    wanted |= {"marker-review", "marker-block"} | {f"price-{name}" for name in re.findall(r'price\("(\w+)"\)', script)}
    assert len(wanted) > 20
    assert wanted <= set(page.ids)


def sliders(written):
    """The page's data, and the positions in them at which the sliders for review and block stand."""
    data = json.loads(re.search(r'<script type="application/json" id="thresholds">(.*?)</script>', written)[1])
    found = [re.search(rf'id="{name}" min="0" max="(\d+)" value="(\d+)"', written) for name in ("review", "block")]
    return data, [int(at[1]) - int(at[2]) for at in found]


def test_the_sliders_start_at_the_thresholds_in_force(evaluation):
    data, positions = sliders(report.render(evaluation))
    assert data["in_force"] == positions
    for name, at in zip(("review", "block"), positions, strict=True):
        assert data["threshold"][at] == evaluation["thresholds"][name]
        assert data["fraud_flagged"][at] == evaluation["at_thresholds"][name]["confusion_matrix"]["fraud_flagged"]
    assert len(data["threshold"]) <= 101
    lists = {name: len(value) for name, value in data.items() if isinstance(value, list) and name != "in_force"}
    assert set(lists.values()) == {len(data["threshold"])}


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
    changed["alone"] = {evil: 0.6}
    page = Page(report.render(changed))
    assert page.counts["script"] == 2
    assert "b" not in page.counts or page.counts["b"] == 4  # the headline's figures
    assert page.text.count(evil) >= 7


def test_without_amounts_cards_and_fraud_in_a_part_the_page_does_without(changed):
    for at in changed["at_thresholds"].values():
        del at["amount"]
    for name in ("fraud_amount", "legit_amount", "fraud_loss"):
        del changed["curves"]["by_threshold"][name]
    del changed["curves"]["fraud_loss"]
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
    changed["drift"] = {"card_seconds_known": 2.0, "amount": 0.3, "hour": 0.01}
    changed["at_thresholds"]["review"]["recall"] = 0.9
    changed["segments"] = [
        {"field": "shop", "part": "new", "rows": 900, "fraud": 40, "recall": 0.1, "false_positive_rate": 0.0},
        {"field": "shop", "part": "tiny", "rows": 9, "fraud": 2, "recall": 0.0, "false_positive_rate": 0.0},
    ]
    changed["calibration"] |= {"mean_probability": 0.01, "fraud_rate": 0.01}
    changed.pop("baseline", None)
    few, moved, weak, rejected = watch.warnings(changed)
    assert "Only 12 frauds" in few
    assert "amount" in moved and "known" not in moved
    assert "hour" not in moved
    assert "shop new" in weak
    assert "tiny" not in weak
    assert "3 rows" in rejected


BY_RANKING = {"recall_at_false_positive_rate": dict.fromkeys(comparison.SHARES, 0.5)}


def ranking(area, precision):
    at = {name: {"recall": 0.6, "false_positive_rate": 0.02} for name in ("review", "block")}
    return BY_RANKING | {"roc_auc": area, "average_precision": precision, "at_thresholds": at}


def interval(value, reach):
    return {"value": value, "level": 0.95, "low": value - reach, "high": value + reach}


def against(area, precision):
    """A comparison in which the new model has these advantages, give or take 0.02."""
    return {
        "compared": True, "model": "fraud-old", "trained_until": "2026-04-01T00:00:00+00:00", "rows": 900, "fraud": 80,
        "from": "2026-04-02T00:00:00+00:00", "to": "2026-04-09T00:00:00+00:00",
        "champion": ranking(0.9, 0.5), "challenger": ranking(0.9 + area, 0.5 + precision),
        "difference": {"roc_auc": interval(area, 0.02), "average_precision": interval(precision, 0.02)},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("area", "precision", "words"),
    [
        (0.03, 0.05, "ranks better than the one that serves, by more than chance"),
        (0.01, 0.05, "ranks better than the one that serves, by more than chance"),
        (-0.03, 0.0, "ranks worse than the one that serves, by more than chance"),
        (0.01, -0.01, "differ by no more than chance would explain"),
        (0.03, -0.03, "better than the one that serves by one measure and worse by the other"),
    ],
)
def test_the_verdict_on_the_model_that_serves_counts_chance_in(changed, area, precision, words):
    changed["champion"] = against(area, precision)
    text = Page(report.render(changed)).text
    assert text.count(words) >= 2  # in the headline and in the section
    assert "the 900 transactions (80 frauds) from 2026-04-02 to 2026-04-09" in text
    assert f"{precision:+.3f}" in text and f"{precision - 0.02:+.3f} to {precision + 0.02:+.3f}" in text
    assert any("worse" in warning for warning in watch.warnings(changed)) == ("worse" in words)


def test_why_there_is_no_comparison_is_said(changed):
    changed["champion"] = {"compared": False, "reason": "no_champion", "text": "no model was serving"}
    text = Page(report.render(changed)).text
    assert "There is no comparison: no model was serving." in text


def test_the_logistic_regression_stands_beside_the_model(changed):
    changed["baseline"] = {"algorithm": "logistic"} | ranking(0.81, 0.31)
    changed["ranking"] |= {"roc_auc": 0.9, "average_precision": 0.5}
    text = Page(report.render(changed)).text
    assert "logistic regression" in text and "0.810" in text and "+0.190" in text
    assert not any("Logistic" in warning for warning in watch.warnings(changed))
    changed["baseline"]["average_precision"] = 0.5
    assert any("Logistic regression would rank as well" in warning for warning in watch.warnings(changed))
    changed["baseline"]["algorithm"] = "xgboost"
    assert "boosted trees on the same features" in Page(report.render(changed)).text


COSTS = {
    "prices": {"review": 4, "good_customer_blocked": 30, "missed_fraud": "amount"},
    "at_thresholds": {"missed_fraud": 1000.0, "reviews": 400.0, "good_customers_blocked": 90.0, "total": 1490.0},
    "at_budgets": {"missed_fraud": 1200.0, "reviews": 300.0, "good_customers_blocked": 60.0, "total": 1560.0},
    "without_model": {"missed_fraud": 8000.0, "reviews": 0.0, "good_customers_blocked": 0.0, "total": 8000.0},
}


def test_costs_are_shown_and_are_the_sliders_prices(changed):
    changed["costs"] = COSTS
    written = report.render(changed)
    text = Page(written).text
    assert "cost 1,490 on the hold-out" in text and "8,000" in text
    values = dict(re.findall(r'id="price-(\w+)" min="0" step="any" inputmode="decimal" value="([^"]*)"', written))
    assert values == {"review": "4", "good_customer_blocked": "30", "missed_fraud": ""}
    assert "costs least by the schema's prices" in text


def test_without_costs_the_prices_are_the_readers_to_fill_in(evaluation):
    written = report.render(evaluation)
    assert "costs" not in evaluation
    assert re.findall(r'inputmode="decimal" value="([^"]*)"', written) == ["", "", ""]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"alone": {"amount": 0.97}},
            "amount by itself tells fraud from the rest almost without fail (97.0 times in 100)",
        ),
        ({"calibration": {"mean_probability": 0.04, "fraud_rate": 0.01}}, "too high on the whole: 4.00"),
        ({"calibration": {"mean_probability": 0.004, "fraud_rate": 0.01}}, "too low on the whole"),
        ({"daily": {"alerts_per_day": 0}}, "reviews a day; the schema says that 0 can be done"),
    ],
)
def test_further_doubts(changed, change, words):
    for key, values in change.items():
        changed[key] = changed[key] | values
    assert any(words in warning.replace("\u00a0", " ") for warning in watch.warnings(changed))

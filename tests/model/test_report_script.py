"""The report's sliders in a real browser: what they show is what the evaluation says."""

import html
import json
import re
import shutil
import subprocess

import pytest

from model.training import report
from tests.model.test_report import COSTS, sliders

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here to run the page's script")


@pytest.fixture(scope="module")
def evaluation(trained):
    return json.loads((trained / "evaluation.json").read_text()) | {"costs": COSTS}


@pytest.fixture
def shown(evaluation, tmp_path):
    """Opens the page, does what the script says, and answers what its outputs show then."""

    def show(script: str) -> dict[str, str]:
        page = report.render(evaluation).replace("</body>", f"<script>{script}</script></body>")
        (tmp_path / "report.html").write_text(page, "utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
        address = (tmp_path / "report.html").as_uri()
        done = subprocess.run([BROWSER, *flags, address], capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stderr[-2000:]
        found = re.findall(r'<output id="([\w-]+)">([^<]*)</output>', done.stdout)
        return {name: html.unescape(value).replace("\u00a0", " ") for name, value in found}

    return show


def number(text: str) -> float:
    return float(text.replace(",", "").removesuffix(" %"))


def test_at_first_they_show_the_thresholds_in_force(shown, evaluation):
    found, at = shown(""), evaluation["at_thresholds"]
    review, block = at["review"]["confusion_matrix"], at["block"]["confusion_matrix"]
    assert number(found["caught"]) == pytest.approx(100 * at["review"]["recall"], abs=0.051)
    assert number(found["blocked"]) == pytest.approx(100 * at["block"]["recall"], abs=0.051)
    assert number(found["refused"]) == pytest.approx(100 * at["block"]["false_positive_rate"], abs=0.0051)
    looked = [review[cell] - block[cell] for cell in ("fraud_flagged", "legit_flagged")]
    assert number(found["alerts"]) == pytest.approx(sum(looked) / evaluation["daily"]["days"], abs=0.051)
    assert number(found["precision"]) == pytest.approx(100 * looked[0] / sum(looked), abs=0.051)
    assert number(found["missed"]) == pytest.approx(at["review"]["amount"]["fraud_missed"], abs=0.51)
    missed, reviews, blocked = map(number, found["parts"].split(" + "))
    assert missed == pytest.approx(at["review"]["amount"]["fraud_missed"], abs=0.51)
    assert (reviews, blocked) == (4 * sum(looked), 30 * block["legit_flagged"])
    assert number(found["cost"]) == pytest.approx(missed + reviews + blocked, abs=1.5)


def test_the_cheapest_pair_is_the_cheapest_of_all_pairs(shown, evaluation):
    found = shown('document.getElementById("cheapest").click();')
    data, _ = sliders(report.render(evaluation))

    def bill(review, block):
        looked = sum(data[name][review] - data[name][block] for name in ("fraud_flagged", "legit_flagged"))
        return data["loss_total"] - data["fraud_loss"][review] + 4 * looked + 30 * data["legit_flagged"][block]

    places = range(len(data["threshold"]))
    assert number(found["cost"]) == round(min(bill(a, b) for a in places for b in places if a <= b))


def test_blocking_never_starts_below_reviewing(shown):
    moved = (
        'var block = document.getElementById("block"), review = document.getElementById("review");'
        'review.value = 10; block.value = 60; block.dispatchEvent(new Event("input"));'
    )
    found = shown(moved)
    assert found["review-score"] == found["block-score"]
    assert number(found["alerts"]) == 0


def test_another_price_changes_the_cost_and_no_price_hides_it(shown):
    typed = (
        'var typed = document.getElementById("price-{}"); typed.value = "{}"; typed.dispatchEvent(new Event("input"));'
    )
    first, dearer = shown(""), shown(typed.format("review", 8))
    assert number(dearer["parts"].split(" + ")[1]) == 2 * number(first["parts"].split(" + ")[1])
    assert shown(typed.format("review", ""))["cost"] == "–"

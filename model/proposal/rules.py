"""Which role a column gets: one table, read from the top; the first rule whose name and content both fit decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from model.proposal.essentials import labelish
from model.proposal.names import ends_in, has
from model.proposal.profile import FEW, Profile
from model.proposal.times import EARLIER, LABEL_TIMES

Test = Callable[[Profile], bool]


@dataclass(frozen=True)
class Rule:
    role: str
    name: re.Pattern[str] | None  # over the words of the name; None: whatever the name
    content: Test
    reason: str

    def fits(self, profile: Profile) -> bool:
        return (self.name is None or self.name.search(profile.words) is not None) and self.content(profile)


def anything(_: Profile) -> bool:
    return True


def numeric(profile: Profile) -> bool:
    return profile.numbers is not None


def few(profile: Profile) -> bool:
    return profile.textual and profile.distinct <= FEW and profile.count >= 10 * profile.distinct


def identifying(profile: Profile) -> bool:
    """Texts or whole numbers, and more of them than a category has."""
    return profile.textual and (profile.numbers is None or profile.whole) and profile.distinct > 20


def grouping(profile: Profile) -> bool:
    return few(profile) or (identifying(profile) and profile.distinct <= FEW)


def frequent(profile: Profile) -> bool:
    return profile.textual and profile.numbers is None and profile.count >= 10 * profile.distinct


def names_people(profile: Profile) -> bool:
    return profile.numbers is None and not profile.codelike


def repeated_codes(profile: Profile) -> bool:
    return identifying(profile) and profile.codelike and not numeric(profile) and profile.count >= 2 * profile.distinct


WHO = """id ids uid uuid guid nr no num number key hash token iban account acct card cc customer client user member
    merchant terminal device phone msisdn imei mobile cookie payee payer sender receiver recipient beneficiary
    counterparty vendor seller buyer shop store employee fingerprint orig dest entity ssn passport"""
WHERE = "merchant merchant_name shop shop_name store store_name vendor seller terminal"
WHAT = """type category cat class kind country currency ccy state region province city channel gender sex mcc code cd
    status method mode browser os platform lang language zip zipcode postal postcode plz bin brand network product
    source domain timezone addr job occupation model issuer tier segment group emaildomain"""
HOW_MUCH = """age days hours minutes months years seconds count cnt balance nb ratio rate score pop population lat
    latitude long longitude lon lng distance dist qty quantity length duration limit velocity visits attempts items
    avg mean std sum"""
MONEY = ".*amount amt .*price value total costs? paid fee claim charge payout loss betrag montant importe sales"
PRIVATE = """name first last firstname lastname surname fullname street address dob birth birthday birthdate notes?
    comments? description message remarks? text subject"""
ANONYMOUS = re.compile(r"^(id|v|c|d|m|x|f|var|feature|pc|pca)_\d+$")
COUNTS = re.compile(r"^(num|nb|n|number_of|no_of|cnt|count|is|has)_")
TRANSACTION = has("(tx|txn|transaction|trans|payment|order|event)_(hash|id|uuid|ref|reference) hash")
MIXED = "numbers mixed with other texts: blank these in the file to use it as a number"
WRITTEN = "numbers with a decimal comma, a currency or thousands; training reads 1234.56"

RULES = (
    Rule("ignore", None, lambda p: p.count == 0, "blank in every row of the sample"),
    Rule("ignore", None, lambda p: not p.readable, "lists, structures or bytes, which are not read"),
    Rule("ignore", None, lambda p: p.complete and p.distinct == 1, "the same in every row of the sample"),
    Rule("ignore", LABEL_TIMES, anything, "when the label came, so not known at scoring"),
    Rule("time", EARLIER, lambda p: p.times is not None, "how long ago it was may tell something"),
    Rule("ignore", None, lambda p: p.times is not None, "another time; one column can say when it happened"),
    Rule("ignore", has("time date dob timestamp"), lambda p: bool(p.unread_time), "a time in a form not read"),
    Rule("ignore", re.compile("^(hour|weekday|is_night|is_weekend)$"), anything, "made from the timestamp already"),
    Rule("ignore", re.compile("^$|^(unnamed|index|row|level)(_|$)"), lambda p: p.sequence, "only counts the rows"),
    Rule("ignore", None, labelish, "LOOKS LIKE ANOTHER LABEL; use it only if it is known when the transaction happens"),
    Rule("email", None, lambda p: p.mostly("email"), "e-mail addresses"),
    Rule("ip", None, lambda p: p.mostly("ip"), "IP addresses"),
    Rule("ignore", has("password cvv cvc pin"), anything, "must not be kept at all"),
    Rule("ignore", has("birth birthday birthdate dob"), anything, "private; an age would do"),
    Rule("number", ANONYMOUS, numeric, "an anonymous number"),
    Rule("category", ANONYMOUS, few, "an anonymous category"),
    Rule("ignore", has("user_agent useragent"), lambda p: not few(p), "free text"),
    Rule("number", COUNTS, numeric, "a count or a flag"),
    Rule("number", ends_in(HOW_MUCH), numeric, "a measure"),
    Rule("category", ends_in(WHAT), grouping, "named like a category"),
    Rule("amount", ends_in(MONEY), numeric, "named like money"),
    Rule("number", has(HOW_MUCH), numeric, "a measure"),
    Rule("ignore", TRANSACTION, lambda p: p.unique and not numeric(p), "different in every row"),
    Rule("entity", has(WHO), lambda p: identifying(p) and p.codelike, "says who or what takes part"),
    Rule("entity", has(WHERE), identifying, "says where it happened"),
    Rule("ignore", has(MONEY), lambda p: p.written_numbers and not numeric(p), WRITTEN),
    Rule("ignore", has(PRIVATE), names_people, "names, places or free text: private, or too many values to learn from"),
    Rule("entity", has(WHO), identifying, "says who or what takes part"),
    Rule("category", has(WHO), few, "few different ones, so each can be learnt by itself"),
    Rule("category", has(WHAT), grouping, "named like a category"),
    Rule("amount", has(MONEY), numeric, "named like money"),
    Rule("category", has(WHAT), frequent, "many values, the most frequent are used"),
    Rule("ignore", None, lambda p: p.sequence, "only counts the rows"),
    Rule("number", None, numeric, "numbers"),
    Rule("category", None, few, "few different values"),
    Rule("ignore", None, lambda p: p.share_of_numbers >= 0.5, MIXED),
    Rule("entity", None, repeated_codes, "many codes that come back: perhaps who or what takes part"),
    Rule("ignore", None, lambda p: p.unique, "different in every row"),
    Rule("ignore", None, anything, "free text or too many values to learn from"),
)


def rule_of(profile: Profile) -> Rule:
    return next(rule for rule in RULES if rule.fits(profile))

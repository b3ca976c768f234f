"""Up to a hundred transactions, of a request or a file, each decided as POST /score would have done it in its turn."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from functions.rest import answers, problems
from functions.rest.body import shown
from functions.rest.problems import ProblemError
from functions.score.chains import chains
from functions.score.decisions import Row
from functions.score.scoring import Scoring
from model import history
from model.contract import Contract
from model.field import InvalidTransaction
from model.pseudonyms import Pseudonyms
from model.transaction import ID, sent_id

MOST = 100
AT_ONCE = 8  # functions/aws/clients.py keeps a connection for each, and for the reads of functions/score/lookup.py
ANSWERED_AFTER = 24.0  # seconds; the function has 28 (template.yaml)

TOLD_APART = Pseudonyms(os.urandom(32))  # who is whom within a batch, which takes no key that lasts

Found = Row | ProblemError


def read(payload: Mapping[str, Any]) -> list[Any]:
    for name in payload:
        if name != "transactions":
            raise problems.invalid_field(shown(name), "is not expected beside transactions")
    listed = payload.get("transactions")
    if not isinstance(listed, list):
        raise problems.invalid_field("transactions", "must be a list")
    if not 1 <= len(listed) <= MOST:
        raise problems.invalid_field("transactions", f"must hold 1 to {MOST} transactions")
    return listed


def decide(scoring: Scoring, transactions: Sequence[Any], seconds: float = ANSWERED_AFTER) -> list[dict[str, Any]]:
    """One answer for each, in their order. Where a service is away for all of them, the batch fails as one would."""
    found = score(scoring, transactions, seconds)
    failures = [one for one in found if isinstance(one, ProblemError)]
    if len(failures) == len(found) and all(failure.status == problems.UNAVAILABLE for failure in failures):
        raise failures[0]
    for failure in failures:
        answers.note(failure, scoring.logger)
    return [_answer(place, transactions[place], one) for place, one in enumerate(found)]


def score(scoring: Scoring, transactions: Sequence[Any], seconds: float) -> list[Found]:
    """What takes too long is not waited for. Its decision may be kept all the same, and is answered the next time."""
    found: list[Found] = [problems.no_time() for _ in transactions]
    until = time.monotonic() + seconds

    def score_in_turn(places: Sequence[int]) -> None:
        for place in places:
            if time.monotonic() < until:
                found[place] = _score_one(scoring, transactions[place])

    waiting = _chains(scoring, transactions)
    pool = ThreadPoolExecutor(AT_ONCE)
    running = [pool.submit(score_in_turn, places) for places in waiting]
    done, late = wait(running, timeout=until - time.monotonic(), return_when=FIRST_EXCEPTION)
    pool.shutdown(wait=False, cancel_futures=True)
    for chain in done:
        chain.result()
    if late:
        scoring.logger.warning("A batch was answered before it was done", extra={"chains_left": len(late)})
    return list(found)


def _score_one(scoring: Scoring, transaction: Any) -> Found:
    try:
        return scoring.score(transaction)
    except ProblemError as problem:
        return problem


def _chains(scoring: Scoring, transactions: Sequence[Any]) -> list[list[int]]:
    """Who shares an id or an entity with another must see what that one left behind: they are scored in turn."""
    live = scoring.live.current()
    if live is None:
        return [list(range(len(transactions)))]
    contract = scoring.live.contract(live.model)
    return chains([_keys(contract, transaction) for transaction in transactions])


def _keys(contract: Contract, payload: Any) -> frozenset[str]:
    try:
        transaction = contract.schema.validate(payload)
    except InvalidTransaction:
        return frozenset()  # refused, and leaves nothing behind
    told_apart = TOLD_APART.hide(contract.schema, transaction)
    return frozenset([transaction.id, *history.keys(contract.schema.history_plan, told_apart).values()])


def _answer(place: int, payload: Any, found: Found) -> dict[str, Any]:
    if isinstance(found, Row):
        return found.answer()
    error: dict[str, Any] = found.document["error"]
    if found.field is not None:
        field = f".{found.field}" if isinstance(payload, dict) else ""
        error["field"] = f"transactions[{place}]{field}"
    return {ID: _id(payload), "error": error}


def _id(payload: Any) -> str | None:
    try:
        return sent_id(payload.get(ID)) if isinstance(payload, dict) else None
    except InvalidTransaction:
        return None

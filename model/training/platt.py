"""Fits what log-odds mean as a probability, on transactions that the model has not learned from."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from model.contract import Platt
from model.training.columns import Array

FEWEST = 20  # of each class: with fewer the line would follow chance
STEEPEST = 10.0  # steeper, or flatter than its inverse, is a sample too odd to believe
MOST_STEPS = 100


def fit(label: Array, log_odds: Array) -> Platt:
    """Newton's method on the two parameters of Platt's line, with his targets a little inside of 0 and 1 (Probabilistic
    Outputs for Support Vector Machines, 1999; Lin, Lin and Weng, A Note on Platt's Probabilistic Outputs, 2007)."""
    frauds = int(label.sum())
    legit = len(label) - frauds
    if min(frauds, legit) < FEWEST:
        return Platt()
    log_odds = log_odds.astype(np.float64)
    target = np.where(label == 1, (frauds + 1) / (frauds + 2), 1 / (legit + 2))
    line = np.array([1.0, 0.0])
    loss = _loss(line, target, log_odds)
    for _ in range(MOST_STEPS):
        step = _step(line, target, log_odds)
        size = 1.0
        while size > 1e-6 and _loss(line - size * step, target, log_odds) > loss:
            size /= 2
        line = line - size * step
        before, loss = loss, _loss(line, target, log_odds)
        if before - loss < 1e-10 * before:
            break
    slope, intercept = line.tolist()
    return Platt(slope, intercept) if 1 / STEEPEST <= slope <= STEEPEST else Platt()


def _step(line: Array, target: Array, log_odds: Array) -> Array:
    probability = expit(line[0] * log_odds + line[1])
    wrong, weight = probability - target, probability * (1 - probability)
    gradient = np.array([np.dot(wrong, log_odds), wrong.sum()])
    mixed = np.dot(weight, log_odds)
    curvature = np.array([[np.dot(weight * log_odds, log_odds), mixed], [mixed, weight.sum()]])
    step: Array = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
    return step


def _loss(line: Array, target: Array, log_odds: Array) -> float:
    moved = line[0] * log_odds + line[1]
    return float(np.sum(np.logaddexp(0, moved) - target * moved))

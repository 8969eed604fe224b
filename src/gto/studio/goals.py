"""Which way a metric is better: as its annotation says, else guessed from its name."""

import math
import re
from collections.abc import Mapping

from gto.lineage.diff import Direction

_LOWER = frozenset(
    [
        "loss",
        "logloss",
        "error",
        "errors",
        "err",
        "mae",
        "mse",
        "rmse",
        "mape",
        "smape",
        "rmsle",
        "cer",
        "wer",
        "fer",
        "perplexity",
        "ppl",
        "latency",
        "time",
        "seconds",
        "ms",
        "duration",
        "size",
        "memory",
        "bytes",
        "fpr",
        "fnr",
        "brier",
        "deviance",
        "entropy",
        "divergence",
        "regret",
        "cost",
        "bias",
        "drift",
        "ece",
        "hinge",
    ]
)
_HIGHER = frozenset(
    [
        "auc",
        "roc",
        "acc",
        "accuracy",
        "precision",
        "recall",
        "f1",
        "fbeta",
        "f2",
        "r2",
        "score",
        "ndcg",
        "map",
        "mrr",
        "iou",
        "dice",
        "bleu",
        "rouge",
        "meteor",
        "psnr",
        "ssim",
        "silhouette",
        "gini",
        "kappa",
        "mcc",
        "ap",
        "sensitivity",
        "specificity",
        "tpr",
        "tnr",
        "throughput",
        "gain",
        "lift",
        "reward",
        "hits",
        "topk",
    ]
)
_WORD_RE = re.compile(r"[a-z]+[0-9]*")


def guess(key: str) -> bool | None:
    """Tell whether a higher value of a metric is better, by the words in its key; None where none of them says."""
    for word in reversed(_WORD_RE.findall(key.lower())):
        if word in _LOWER or word.rstrip("0123456789") in _LOWER:
            return False
        if word in _HIGHER or word.rstrip("0123456789") in _HIGHER:
            return True
    return None


def read_goals(*annotations: object) -> Direction:
    """Return what `lower_better` and `higher_better` in the `custom` of annotations say."""
    found = Direction()
    for one in annotations:
        found = found.with_said(Direction(), one.get("custom") if isinstance(one, Mapping) else None)
    return found


def is_higher_better(file: str, key: str, told: Direction) -> bool | None:
    """Return the direction that was told of a metric, else the guess."""
    said = told.is_higher_better(file, key)
    return guess(key or file) if said is None else said


def is_gain(change: float | None, *, higher: bool | None) -> bool | None:
    """Tell whether a change is for the better; None where nothing changed, or nobody knows."""
    return None if higher is None or not change or math.isnan(change) else (change > 0) == higher

"""Which way a metric is better: as its annotation says, else guessed from its name."""

import re
from collections.abc import Mapping

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


def read_goals(annotation: object) -> dict[str, bool]:
    """Return what `lower_better` and `higher_better` in the `custom` of an annotation say, by key."""
    custom = annotation.get("custom") if isinstance(annotation, Mapping) else None
    if not isinstance(custom, Mapping):
        return {}
    found: dict[str, bool] = {}
    for name, higher in (("lower_better", False), ("higher_better", True)):
        keys = custom.get(name)
        found |= {str(key): higher for key in (keys if isinstance(keys, list) else [keys] if keys else [])}
    return found


def is_higher_better(key: str, told: Mapping[str, bool]) -> bool | None:
    """Return the direction that was told of a metric, else the guess."""
    return told.get(key, guess(key))


def is_better(key: str, old: float, new: float, told: Mapping[str, bool]) -> bool | None:
    """Tell whether a value is better than another; None where they are equal, or nobody knows."""
    higher = is_higher_better(key, told)
    return None if higher is None or old == new else (new > old) == higher

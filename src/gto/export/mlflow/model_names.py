"""How MLflow's clients, which allow no `/` and no `:`, spell the names of artifacts."""

from urllib.parse import unquote

_TO = str.maketrans({"/": "~", ":": "="})  # neither stands in a name of ours
_FROM = str.maketrans({"~": "/", "=": ":"})


def to_mlflow(name: str) -> str:
    """Return the name of a model for MLflow: `services/eu:churn` -> `services~eu=churn`."""
    return name.translate(_TO)


def from_mlflow(text: str) -> str:
    """Return which name MLflow's means; our own spelling, percent-encoded too, means itself."""
    return unquote(text).translate(_FROM)

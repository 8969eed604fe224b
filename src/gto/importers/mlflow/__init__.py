"""An MLflow registry, brought into Git version by version."""

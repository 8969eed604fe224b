"""A model registry for MLflow that is kept in the tags of a Git repository: `MLFLOW_REGISTRY_URI=gto:///repository`."""

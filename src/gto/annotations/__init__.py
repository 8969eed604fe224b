"""What `dvc.yaml` and `artifacts.yaml` say about artifacts."""

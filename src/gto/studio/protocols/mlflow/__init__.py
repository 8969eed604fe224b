"""MLflow's model registry over HTTP: its clients read versions, stages and files here, and assign and register."""

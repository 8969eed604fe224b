"""DVC projects in a commit: what their files say of stages, outputs, metrics, parameters and remotes."""

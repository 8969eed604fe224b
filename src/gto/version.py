"""The version of this distribution, a constant because importlib.metadata takes 41 ms to say it."""

__version__ = "1.11.0"

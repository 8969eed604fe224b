"""Clouds that run a version by their own interfaces: SageMaker, Heroku, Fly.io."""

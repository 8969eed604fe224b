"""The protocols of other tools' clients: their words, and what all of them share."""

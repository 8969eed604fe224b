"""Pickles as data: a machine that follows their opcodes with inert values; nothing is imported, called or made."""

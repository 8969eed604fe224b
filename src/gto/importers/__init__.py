"""Registries of other systems, brought into Git: one package a system."""

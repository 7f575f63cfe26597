"""The foreign libraries, by name."""

import importlib

LIBRARIES = ("embit", "wally")


def library(name):
    """The module that plays the roles with one library; only that library is loaded."""
    return importlib.import_module(f"with_{name}")

"""Stands in for the reference's `learnware` package, so that packages made for it run without it.

Only what models use is here: the base class, inert specifications, a logger and small file helpers.
"""
__version__ = "0.3.2"


def init(*args, **kwargs):
    """Nothing to set up here."""

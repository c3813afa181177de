"""Committed media: what stays when sessions are forgotten."""

from tallylight.catalog.contract import Catalog, CommitItem, Known, Medium, Rated, Refused, Reread

__all__ = ["Catalog", "CommitItem", "Known", "Medium", "Rated", "Refused", "Reread"]

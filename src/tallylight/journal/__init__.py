"""Sessions, their facts and their outcomes: what a killed server still knows."""

from tallylight.journal.contract import Item, Journal, Session, StoredText, Tombstone

__all__ = ["Item", "Journal", "Session", "StoredText", "Tombstone"]

"""Sessions, their facts and their outcomes: what a killed server still knows."""

from tallylight.journal.contract import Item, Journal, Session, StoredText, Tombstone
from tallylight.journal.previews import Choice, Previewed, Previews, Standing

__all__ = ["Choice", "Item", "Journal", "Previewed", "Previews", "Session", "Standing", "StoredText", "Tombstone"]

"""Writes ratings of the catalog to sidecars, on request: the one part that writes into the media folders."""

from tallylight.ingest.writeback.plan import Change, Failure, Target, Totals, WriteBack, run

__all__ = ["Change", "Failure", "Target", "Totals", "WriteBack", "run"]

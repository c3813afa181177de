"""Tallylight: live media ingest."""

"""Folders that a server takes files from by itself: when it looks, and what it took."""

from tallylight.schedules.contract import Look, Schedule, Schedules
from tallylight.schedules.rule import POLL, Rule, parse_rule

__all__ = ["POLL", "Look", "Rule", "Schedule", "Schedules", "parse_rule"]

"""What becomes of a stream on its way: measured from this end, with the likely culprit and its cure."""

from tallylight.doctor.diagnosis import diagnose
from tallylight.doctor.finding import Finding, Level
from tallylight.doctor.measuring import Plan, measure
from tallylight.doctor.trial import Beat, Checkup, Ending, Trial

__all__ = ["Beat", "Checkup", "Ending", "Finding", "Level", "Plan", "Trial", "diagnose", "measure"]

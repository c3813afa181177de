"""Where extraction runs. Runs a picklable function it is given; knows nothing of media."""

from tallylight.engine.contract import Died, Done, Engine, Verdict, WorkerOn

__all__ = ["Died", "Done", "Engine", "Verdict", "WorkerOn"]

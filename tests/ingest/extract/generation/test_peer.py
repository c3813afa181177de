"""The same files, read by sd-parsers, which nobody here wrote: where it answers, both say the same.

Files of other makers are compared too where `TALLYLIGHT_SD_PARSERS` names a checkout of that project, with the pictures
of its own tests.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from sd_parsers import Eagerness, ParserManager
from sd_parsers.data import PromptInfo
from tests.ingest.extract.build import Folder, encoded, exif_block, png, scene
from tests.ingest.extract.generation.test_fooocus import FOOOCUS
from tests.ingest.extract.generation.test_invokeai import NEW, OLD
from tests.ingest.extract.generation.test_novelai import COMMENT, texts
from tests.ingest.extract.test_stealth import hidden, packed

from tallylight.ingest.extract.values import as_model, as_number
from tallylight.model import Json

WRITTEN = (
    "photo of a (duck:1.2),\nin two lines\nNegative prompt: monochrome\n"
    "Steps: 15, Sampler: UniPC, CFG scale: 5.5, Seed: 235284042, Size: 512x400, Model hash: c0d1994c73, Model: real_v20"
)
NUMBERS: Final = ("steps", "cfg_scale", "seed")
#: It knows the older of the two names that a model has, and no LoRAs in prompts.
_NEW = NEW | {"model": {"model_name": "juggernaut", "base_model": "sdxl"}}
_OLD = OLD | {"image": OLD["image"] | {"prompt": [{"prompt": "a cat, a hat [a dog, fog]", "weight": 1.0}]}}
_DREAM = '"a cat, a hat [a dog]" -s 50 -S 2980747362 -W 512 -H 768 -C 7.5 -A k_lms'
_COMMENT = {key: value for key, value in COMMENT.items() if key != "prompt"} | {"uc": "lowres, {bad}"}

BUILT: dict[str, bytes] = {
    "a1111.png": png({"parameters": WRITTEN}),
    "a1111.jpg": encoded(scene(), "JPEG", exif=exif_block({}, {0x9286: b"UNICODE\0" + WRITTEN.encode("utf-16-be")})),
    "a1111 stealth.png": encoded(hidden(b"stealth_pngcomp", packed(WRITTEN)), "PNG"),
    "fooocus.png": png({"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"}),
    "invokeai newest.png": png({"invokeai_metadata": json.dumps(_NEW)}),
    "invokeai second.png": png({"sd-metadata": json.dumps(_OLD)}),
    "invokeai first.png": png({"Dream": _DREAM}),
    "novelai.png": png(texts(Comment=json.dumps(_COMMENT))),
}


def real() -> dict[str, bytes]:
    checkout = os.environ.get("TALLYLIGHT_SD_PARSERS")
    if not checkout:
        return {}
    pictures = sorted(Path(checkout, "tests", "resources", "parsers").glob("*/*.[pj][np]g"))
    return {f"real {path.name}": path.read_bytes() for path in pictures if path.parent.name != "ComfyUI"}


FILES = BUILT | real()


@pytest.mark.filterwarnings("ignore:.*getdata:DeprecationWarning")  # theirs, of Pillow
@pytest.mark.parametrize("name", FILES)
def test_both_say_the_same(folder: Folder, name: str) -> None:
    theirs, ours = _theirs(FILES[name]), folder.outcome(name, FILES[name], read_stealth=True).generation
    assert ours["generator"] == theirs.generator.value.lower().replace("automatic1111", "a1111")
    [sampler] = theirs.samplers
    assert ours["prompt"] == "\n".join(prompt.value for prompt in sampler.prompts)
    assert ours.get("negative_prompt", "") == "\n".join(prompt.value for prompt in sampler.negative_prompts)
    assert ours.get("sampler") == sampler.name
    assert _model(ours) == ((as_model(sampler.model.name), sampler.model.hash) if sampler.model else (None, None))
    known: dict[str, Any] = {**theirs.metadata, **sampler.parameters}
    assert {key: as_number(ours[key]) for key in NUMBERS} == {key: as_number(known[key]) for key in NUMBERS}


def _theirs(data: bytes) -> PromptInfo:
    with Image.open(io.BytesIO(data)) as image:
        found = ParserManager(eagerness=Eagerness.EAGER).parse(image)
    assert found is not None
    return found


def _model(ours: Json) -> tuple[str | None, str | None]:
    return ours.get("model"), ours.get("model_hash")

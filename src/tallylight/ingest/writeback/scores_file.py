"""Changes the JSON of a `.scores` sidecar. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tallylight.ingest.extract.clean import load_json
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.writeback.place import CannotWrite
from tallylight.model import Json


def with_ratings(raw: bytes | None, said: Json, at: float, limits: Limits = LIMITS) -> bytes:
    """The sidecar with these fields (`score`, `favourite`), and `at` as the time they were said; whatever else it holds
    stays. `raw` is None where there is none yet. Raises CannotWrite for one that is damaged.
    """
    body = {} if raw is None else _object(raw, limits)
    body = {**body, **said, "updated": datetime.fromtimestamp(at, UTC).isoformat()}
    try:
        return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    except (RecursionError, UnicodeError) as error:
        raise CannotWrite("The score sidecar holds what cannot be written again; mend or delete it.") from error


def _object(raw: bytes, limits: Limits) -> Json:
    try:
        body = load_json(raw.decode("utf-8-sig"), limits)
    except ValueError as error:
        raise CannotWrite("The score sidecar is damaged: it holds no JSON; mend or delete it.") from error
    if not isinstance(body, dict):
        raise CannotWrite("The score sidecar holds no JSON object; mend or delete it.")
    return body

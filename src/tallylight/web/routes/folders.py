"""Looking round inside the roots before a session starts."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter

from tallylight.ingest.browse import Budget, directories, file_types
from tallylight.model import Json
from tallylight.web.context import Given
from tallylight.web.estimating import estimate as estimated
from tallylight.web.schemas import Folders, ProcessRequest

router = APIRouter(prefix="/api/ingest", tags=["folders"])


@router.get("/directories")
async def list_directories(services: Given, path: str | None = None) -> Json:
    """The folders directly below `path`, or the roots; counts, also by type, are of the files directly in each."""
    budget = Budget(services.clock.monotonic)
    suffixes = services.extractors.suffixes
    listing = await to_thread.run_sync(
        directories, services.roots, path, services.catalog, budget, services.skipped, suffixes
    )
    return listing.as_json()


@router.post("/file-types")
async def list_file_types(folders: Folders, services: Given) -> Json:
    """The media types anywhere below these folders, without dots, and how many files there are of each."""
    budget = Budget(services.clock.monotonic)
    suffixes = services.extractors.suffixes
    found = await to_thread.run_sync(file_types, services.roots, folders, budget, services.skipped, suffixes)
    return found.as_json()


@router.post("/estimate")
async def estimate(body: ProcessRequest, services: Given) -> Json:
    """What a session with these parameters would have to do, and how long that takes. Starts nothing."""
    parameters = await to_thread.run_sync(body.parameters.to_parameters, services.roots)
    return (await to_thread.run_sync(estimated, services, parameters)).as_json()

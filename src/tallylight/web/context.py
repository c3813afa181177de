"""What a route is given: the services of the running application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tallylight.ingest.facets import FacetsOfSessions
from tallylight.services import Services
from tallylight.web.stream_tests import StreamTests


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


#: Annotate a route's parameter with this to be given the services.
Given = Annotated[Services, Depends(_services)]


def _counted(request: Request) -> FacetsOfSessions:
    counted: FacetsOfSessions = request.app.state.counted
    return counted


#: The same for what was counted of sessions already.
Counted = Annotated[FacetsOfSessions, Depends(_counted)]


def _stream_tests(request: Request) -> StreamTests:
    tests: StreamTests = request.app.state.stream_tests
    return tests


#: The same for the tests of the way that streams take.
Tests = Annotated[StreamTests, Depends(_stream_tests)]

"""What a route is given: the services of the running application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tallylight.services import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


#: Annotate a route's parameter with this to be given the services.
Given = Annotated[Services, Depends(_services)]

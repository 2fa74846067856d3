"""The web application of one site: the routes of the table behind the gate, and nothing else."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.types import ASGIApp

from web.gate import Gate, Route
from web.metrics import registry_of
from web.routes import ROUTES
from workers.overview import Lookout
from workers.settings import Settings


def make_app(settings: Settings, lookout: Lookout, routes: Sequence[Route] = ROUTES) -> ASGIApp:
    """Ready to be served. No page of documentation: it would tell of routes to who has no right."""
    app = FastAPI(title="Dialplane", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.lookout = lookout
    app.state.settings = settings
    app.state.registry = registry_of(lookout)
    for route in routes:
        app.add_api_route(route.path, route.endpoint, methods=[route.method], response_model=None)
    return Gate(app, routes, settings)

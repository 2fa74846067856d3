"""The web application of one site: the routes of the table behind the gate, and nothing else."""

from collections.abc import Sequence
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from storage.errors import StorageError
from web.api import examples
from web.api.problems import storage_problem, unreadable, wrong_request
from web.gate import Gate, Route
from web.metrics import registry_of
from web.routes import ROUTES
from workers.customer_cache import CustomerCache, RedisNearby
from workers.overview import Lookout
from workers.settings import Settings

DESCRIPTION = (
    "Customers, their timeline, and what came of calls, for CRMs and other programs. Every request "
    "shows a key of the settings as `Authorization: Bearer KEY`; the key's name is the source of "
    "what it tells. Problems are told as `detail`, in a sentence that holds no value of yours."
)


class _Documented(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """With how one gets in: the gate, which asks for it, is no part of FastAPI. And with
        examples of answers: it would leave out what is null in them."""
        made = super().openapi()
        for route in (each for each in self.routes if isinstance(each, APIRoute)):
            if route.name in examples.ANSWERS:
                (method,) = cast(set[str], route.methods)
                told = made["paths"][route.path][method.lower()]["responses"]
                content = told[str(route.status_code)]["content"]["application/json"]
                content["example"] = examples.ANSWERS[route.name]
        parts = made.setdefault("components", {})
        parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        return made


def make_app(settings: Settings, lookout: Lookout, routes: Sequence[Route] = ROUTES) -> ASGIApp:
    """Ready to be served. No page of documentation: it would tell of routes to who has no right."""
    app = bare_app(routes)
    app.state.lookout = lookout
    app.state.settings = settings
    app.state.registry = registry_of(lookout)
    app.state.crm_maps = {}
    app.state.customers = CustomerCache(lookout.store, RedisNearby(settings))
    return Gate(app, routes, settings)


def bare_app(routes: Sequence[Route] = ROUTES) -> FastAPI:
    """The routes without a site behind them: for their OpenAPI document."""
    app = _Documented(
        title="Dialplane",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_exception_handler(RequestValidationError, wrong_request)
    app.add_exception_handler(HTTPException, unreadable)
    app.add_exception_handler(StorageError, storage_problem)
    for route in routes:
        told: dict[str, Any] = {"response_model": None, "include_in_schema": False}
        told = told if route.told is None else dict(route.told)
        app.add_api_route(route.path, route.endpoint, methods=[route.method], **told)
    return app

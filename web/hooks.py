"""What PBXs post, and ask. A post is kept and answered; RQ deals with it (`workers.heeding`).

A post that cannot be kept is answered with 503: the PBX keeps it, and posts it again.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from connectors.calls import E164
from connectors.freeswitch.cdr import NotOurs, detail_of
from storage import hooks
from storage.callers import look_up
from storage.errors import StorageError
from web.hook_forms import CallEnded, Post
from web.posted import ID, NotTaken, body_of, check
from workers.heeding import CALL_ENDED
from workers.heeding import body_of as as_body
from workers.settings import Settings

POST: TypeAdapter[Any] = TypeAdapter(Post)
MOST_ID = 120
Read: TypeAlias = Callable[[Request, bytes], tuple[str, str, Mapping[str, Any]]]
"""Of a post: its sender's id, its kind, and what is stored of it. Raises `NotTaken`."""
BAD_NUMBER = NotTaken(422, "number must be E.164, as in +12125550100")
AWAY = JSONResponse({"detail": "It cannot be kept now; post it again"}, 503, {"Retry-After": "5"})


async def post(request: Request, node: str) -> Response:
    """A call's end, an opt-out, a recording, an answer: `{"type", "timestamp", "data"}`."""
    return await _answered(request, node, _read_post)


async def post_cdr(request: Request, node: str) -> Response:
    """A detail record as mod_json_cdr posts it."""
    return await _answered(request, node, _read_cdr)


def caller(request: Request, node: str, number: str = "", only: str = "") -> Response:
    """Who calls. `only=line`: that alone, as plain text, for a dialplan."""
    try:
        _require(node, _settings(request))
        if not E164.fullmatch(number):
            raise BAD_NUMBER
        found = look_up(request.app.state.lookout.store(), number, datetime.now(UTC))
    except NotTaken as refused:
        return _refused(refused)
    except StorageError:
        return AWAY
    return PlainTextResponse(found.line) if only == "line" else JSONResponse(asdict(found))


def _read_post(request: Request, body: bytes) -> tuple[str, str, Mapping[str, Any]]:
    try:
        read = POST.validate_json(body)
    except ValidationError as wrong:
        raise NotTaken(422, _told(wrong)) from None
    told_id = request.headers.get(ID, "")
    if not (told_id.isascii() and told_id.isprintable() and 0 < len(told_id) <= MOST_ID):
        raise NotTaken(422, f"the header {ID} must be 1 to {MOST_ID} printable characters")
    return told_id, read.type, _stored(read.data)


def _read_cdr(_: Request, body: bytes) -> tuple[str, str, Mapping[str, Any]]:
    """Its id is the call's: a call has one record, and mod_json_cdr gives none."""
    try:
        detail = detail_of(json.loads(body))
    except (ValueError, RecursionError):
        raise NotTaken(422, "that is no JSON") from None
    except NotOurs as wrong:
        raise NotTaken(422, str(wrong)) from None
    return f"cdr-{detail.call_id}", CALL_ENDED, as_body(detail)


def _stored(data: BaseModel) -> Mapping[str, Any]:
    return as_body(data.detail()) if isinstance(data, CallEnded) else data.model_dump(mode="json")


async def _answered(request: Request, node: str, read: Read) -> Response:
    settings = _settings(request)
    try:
        _require(node, settings)
        body = await body_of(request)
        check(request, body, settings.hooks)
        told_id, kind, data = read(request, body)
        store = request.app.state.lookout.store()
        new = await run_in_threadpool(partial(hooks.keep, store, node, told_id, kind, data))
    except NotTaken as refused:
        return _refused(refused)
    except StorageError:
        return AWAY
    return JSONResponse({"kept": new}, 202 if new else 200)


def _require(node: str, settings: Settings) -> None:
    if node not in settings.pbx:
        raise NotTaken(404, "There is no such PBX node")


def _refused(why: NotTaken) -> JSONResponse:
    return JSONResponse({"detail": str(why)}, why.status)


def _told(wrong: ValidationError) -> str:
    """Which field, and what was expected: never the value."""
    [first, *_] = wrong.errors(include_input=False, include_url=False)
    return f"{'.'.join(map(str, first['loc'])) or 'the post'}: {first['msg']}"


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings

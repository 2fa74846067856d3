"""`/health`: this process lives. `/ready`: the site can dial."""

from dataclasses import asdict
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from web.readiness import judge


async def health() -> dict[str, Any]:
    """Nothing is looked at: who restarts this process for an answer that fails mends only it."""
    return {"alive": True}


def ready(request: Request) -> JSONResponse:
    """200: calls can be placed. 503: something is missing; `parts` says what."""
    parts = judge(request.app.state.lookout.look())
    is_ready = all(part.ok for part in parts)
    return JSONResponse(
        {"ready": is_ready, "parts": [asdict(part) for part in parts]}, 200 if is_ready else 503
    )

"""The action server: rasa-sdk's executor behind one loopback address, guarded by a token."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from traceback import extract_tb
from typing import Any

from litestar import Litestar, Request, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.response import Response
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

log = logging.getLogger(__name__)


def build_executor() -> ActionExecutor:
    """Return rasa-sdk's executor with every action of this package registered."""
    executor = ActionExecutor()
    executor.register_package("actions")
    return executor


def action_app(token: str, on_use: Callable[[], None] = lambda: None) -> Litestar:
    """Return the action server's ASGI application. Calls without the token are refused; `on_use` hears of each call."""
    executor = build_executor()

    @get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @post("/webhook", status_code=200)
    async def webhook(request: Request[Any, Any, Any], data: dict[str, Any]) -> Response[Any]:
        if not hmac.compare_digest(request.query_params.get("token", ""), token):
            raise NotAuthorizedException("the action server wants its token")
        on_use()
        name = str(data.get("next_action"))
        try:
            result = await executor.run(data)
        except ActionNotFoundException:
            return Response({"error": f"no action {name!r}", "action_name": name}, status_code=404)
        except ActionExecutionRejection as rejection:
            return Response({"error": str(rejection), "action_name": name}, status_code=400)
        except Exception as trouble:  # named by its kind only: its words may quote a borrower
            place = extract_tb(trouble.__traceback__)[-1]
            log.error("%s failed: %s in %s:%s", name, type(trouble).__name__, place.filename, place.lineno)
            return Response({"error": "the action failed; see the log", "action_name": name}, status_code=500)
        return Response(result.model_dump() if result else {"events": [], "responses": []})

    return Litestar([health, webhook], openapi_config=None)

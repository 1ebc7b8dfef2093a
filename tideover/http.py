"""Serving an application over HTTP inside a process that does other things too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import uvicorn
from litestar import Litestar


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals to us, so that several can run in one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def http_server(app: Litestar, host: str, port: int) -> AsyncIterator[str]:
    """Serve `app` while the block runs. Raises OSError when the port is taken."""
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False, lifespan="on")
    server = QuietServer(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        if running.done():
            running.result()
            raise OSError(f"cannot serve on {host}:{port}; is the port taken? Set TIDEOVER_PORT to another")
        await asyncio.sleep(0.02)
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await running

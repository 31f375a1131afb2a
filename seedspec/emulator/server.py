"""Runs an emulator: two HTTP servers on loopback, over one provider, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seedspec.catalog.model import Model
from seedspec.emulator.api import Api
from seedspec.emulator.declared import Declared
from seedspec.emulator.files import Files
from seedspec.emulator.ledger import Ledger, LedgerError
from seedspec.emulator.provider import Provider
from seedspec.emulator.refusal import Answered, Refusal
from seedspec.emulator.results import Results
from seedspec.emulator.settings import Addresses, Settings
from seedspec.emulator.wires import Wires

__all__ = ["Addresses", "read_line", "serve", "stop_at_end_of_input"]

_HOST = "127.0.0.1"
_LOOPBACK = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_LONGEST_LINE = 4096


def serve(
    settings: Settings, *, models: Mapping[str, Model],
    ready: Callable[[Addresses], None], stop: threading.Event | None = None,
) -> None:  # fmt: skip
    """Serve all of `models`, by their ids, until `stop` is set or the process is asked to end by SIGINT or SIGTERM.

    `ready` is called once, when both servers listen. Raises LedgerError when the folder cannot be used, and OSError
    when a port is taken.
    """
    asyncio.run(_serve(settings, models=models, ready=ready, stop=stop or threading.Event()))


def stop_at_end_of_input(stop: threading.Event) -> None:
    """Set `stop` when standard input ends: when the parent closes it, and when the parent dies in whatever way."""

    # Not through sys.stdin: its lock, held by a thread that waits, would break the interpreter's exit.
    source = sys.stdin.fileno()

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(source, 4096):
                pass
        stop.set()

    threading.Thread(target=wait, name="input", daemon=True).start()


def read_line() -> str:
    """The first line of standard input, and no byte behind it."""
    source, line = sys.stdin.fileno(), bytearray()
    while (letter := os.read(source, 1)) not in (b"\n", b"") and len(line) < _LONGEST_LINE:
        line += letter
    return line.decode(errors="replace")


async def _serve(
    settings: Settings, *, models: Mapping[str, Model],
    ready: Callable[[Addresses], None], stop: threading.Event,
) -> None:  # fmt: skip
    asked = asyncio.Event()
    with contextlib.ExitStack() as exits:
        ledger = Ledger(settings.folder)
        exits.callback(ledger.release)
        api_socket, results_socket = (exits.enter_context(_listen(p)) for p in (settings.port, settings.results_port))
        api_url, results_url = (f"http://{_HOST}:{s.getsockname()[1]}" for s in (api_socket, results_socket))
        addresses = Addresses(api=api_url, files=api_url, results=results_url)
        try:
            provider = Provider(settings, ledger, addresses, models=models)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise LedgerError(f"{settings.folder} holds no books of this emulator; delete that folder") from error
        wires = Wires()
        soft = settings.soft_file_errors
        routes = [*Api(provider, wires).routes(), *Files(provider, wires).routes()]
        for declared in _make_declared(provider, wires, models):
            routes += declared.routes()
        api_app = _application(routes, soft=soft)
        results_app = _application(Results(provider, wires).routes(), soft=soft)
        servers = [_Server(_config(app, wires), asked) for app in (api_app, results_app)]
        exits.enter_context(_listening_to(asked, stop))
        working = [
            asyncio.create_task(provider.work()),
            asyncio.create_task(servers[0].serve([api_socket])),
            asyncio.create_task(servers[1].serve([results_socket])),
        ]
        try:
            while not all(server.started for server in servers):
                await _first(asyncio.sleep(0.005), *working)
            ready(addresses)
            await _first(asked.wait(), *working)
        finally:
            asked.set()
            await asyncio.gather(*working[1:], return_exceptions=True)
            working[0].cancel()
            await provider.close()


def _make_declared(provider: Provider, wires: Wires, models: Mapping[str, Model]) -> list[Declared]:
    """The providers that are played by their files alone."""
    own: dict[str, list[Model]] = {}
    for model in models.values():
        if model.template != {"$flat": True}:
            own.setdefault(model.provider.id, []).append(model)
    return [Declared(provider, wires, found[0].provider.document, found) for found in own.values()]


async def _first(awaited: Coroutine[Any, Any, object], *working: asyncio.Task[None]) -> None:
    """Wait for one thing while work goes on; work that fails meanwhile fails this too."""
    waiting = asyncio.create_task(awaited)
    done, _ = await asyncio.wait([waiting, *working], return_when=asyncio.FIRST_COMPLETED)
    if waiting in done:
        return
    waiting.cancel()
    for ended in done:
        ended.result()
    raise RuntimeError("a server ended by itself")


class _Server(uvicorn.Server):
    """uvicorn's server, ended by an event alone: two of them share a process, and `serve` listens for both."""

    def __init__(self, config: uvicorn.Config, asked: asyncio.Event) -> None:
        super().__init__(config)
        self._asked = asked

    async def main_loop(self) -> None:
        tick = 0
        while not self._asked.is_set():
            await self.on_tick(tick)  # once a second; uvicorn counts in tenths
            tick += 10
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), 1)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _config(app: ASGIApp, wires: Wires) -> uvicorn.Config:
    return uvicorn.Config(
        app, http=wires.protocol(), ws="none", lifespan="off", log_level="critical", access_log=False,
        server_header=False, timeout_keep_alive=60, timeout_graceful_shutdown=1, log_config=None,
    )  # fmt: skip


def _listen(port: int) -> socket.socket:
    """A listening socket on loopback; OSError when the port is taken."""
    # Without the protocol's number asyncio leaves Nagle's algorithm on, and every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def _listening_to(asked: asyncio.Event, stop: threading.Event) -> Iterator[None]:
    """While inside, `asked` is set by SIGINT, SIGTERM (on the main thread) and `stop`; `stop` is set at the end."""
    loop = asyncio.get_running_loop()
    caught: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is signal.SIG_IGN:  # as a shell has it for what runs in its background
                continue
            with contextlib.suppress(NotImplementedError):  # not on Windows, where Ctrl-C raises KeyboardInterrupt
                loop.add_signal_handler(number, asked.set)
                caught.append(number)

    def wait() -> None:
        stop.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(asked.set)

    threading.Thread(target=wait, name="stop", daemon=True).start()
    try:
        yield
    finally:
        stop.set()
        for number in caught:
            loop.remove_signal_handler(number)


def _application(routes: Sequence[Route], *, soft: bool) -> ASGIApp:
    def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            names = {404: "not_found", 405: "method_not_allowed"}
            error = Refusal(error.status_code, names.get(error.status_code, "invalid_request"), str(error.detail))
        if not isinstance(error, Refusal):
            raise error
        if request.url.path.startswith("/api/v1/files") and error.status != 401:
            return error.files_answer(soft=soft)
        return error.answer()

    def answered(request: Request, error: Exception) -> Response:
        assert isinstance(error, Answered)
        return error.response

    handlers = {Refusal: refused, HTTPException: refused, Answered: answered}
    app = Starlette(routes=routes, exception_handlers=handlers)
    return _number_answers(_for_this_machine(app))


def _for_this_machine(app: ASGIApp) -> ASGIApp:
    """Refuses what a web page may have sent: a browser says the page's `Origin`, or the name that led it here.

    A name of somebody else's may be made to lead to this machine, and the browser then takes us for that page's server.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = [v for k, v in scope["headers"] if k == b"host"]
            if len(given) != 1 or not _LOOPBACK.fullmatch(given[0]):
                said = "The Host is none of this machine's; the emulator answers programs on this machine alone."
                await Refusal(403, "forbidden_host", said).answer()(scope, receive, send)
                return
            if any(k == b"origin" for k, _ in scope["headers"]):
                said = "The request has an Origin; the emulator answers no web page."
                await Refusal(403, "forbidden_origin", said).answer()(scope, receive, send)
                return
        await app(scope, receive, send)

    return guarded


def _number_answers(app: ASGIApp) -> ASGIApp:
    """Every answer carries an id to quote."""

    async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                number = f"req-{secrets.token_hex(8)}".encode()
                message["headers"] = [*message["headers"], (b"x-request-id", number)]
            await send(message)

        await app(scope, receive, send_numbered)

    return numbered

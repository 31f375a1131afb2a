"""Commands in processes of their own, forked from one that has loaded the program already.

Loading it takes longer than most commands do. What a command meets is that of a process that was started by itself: its
folder, its environment, its three streams, its exit code. A test about the start of the program, about signals or about
limits starts the real one. Where the system cannot wait for such processes, all tests do.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = hasattr(os, "pidfd_open")
"""Whether the system can wait for such processes."""

_MOST = 1 << 20
"""Bytes of a command's words and environment."""


def run(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """The end of `seedspec ARGUMENTS` in a folder, and what it said; its environment is that of the caller if none is
    given, its standard input is empty. One that takes longer than `seconds` is killed: its code is -9, of SIGKILL."""
    command, environ = [sys.executable, "-m", "seedspec", *arguments], os.environ if environ is None else environ
    if not HERE:
        with subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            late = threading.Timer(seconds, process.kill)
            late.start()
            said, told = process.communicate()
            late.cancel()
        return subprocess.CompletedProcess(command, process.returncode, said, told)
    asked = json.dumps({"arguments": list(arguments), "folder": str(folder), "environ": dict(environ)}).encode()
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        try:
            connection.connect(_server())
            socket.send_fds(connection, [asked], [out_end, err_end])
        finally:
            os.close(out_end)
            os.close(err_end)
        pid = int(connection.recv(20))
        late = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
        late.start()
        found: dict[int, bytes] = {}
        readers = [threading.Thread(target=_read, args=(end, found)) for end in (out, err)]
        for reader in readers:
            reader.start()
        code = int(connection.recv(20))
        late.cancel()
        for reader in readers:
            reader.join()
    return subprocess.CompletedProcess(command, code, found[out], found[err])


def run_text(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """As `run`, with what was said as text."""
    done = run(arguments, folder, environ, seconds)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def _read(end: int, said: dict[int, bytes]) -> None:
    with open(end, "rb") as stream:
        said[end] = stream.read()


@functools.cache
def _server() -> str:
    """The address of the process that forks; it ends with this one."""
    folder = tempfile.mkdtemp(prefix="forks-")
    address = f"{folder}/socket"
    process = subprocess.Popen(
        [sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.communicate()
        with contextlib.suppress(OSError):
            os.unlink(address)
            os.rmdir(folder)

    atexit.register(end)
    return address


def _serve(address: str) -> None:
    """Answers each connection with the number of a process, and with its exit code once it has ended."""
    _load()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen(64)
    os.write(1, b"ready\n")
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(listening, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj == 0:
                    return
                if key.fileobj is listening:
                    connection, _ = listening.accept()
                    pid = _forked(connection)
                    connection.send(str(pid).encode())
                    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
                    continue
                pid, connection = key.data
                selector.unregister(key.fd)
                os.close(key.fd)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(OSError), connection:
                    connection.send(str(code).encode())


def _load() -> None:
    """Loads what commands use, and nothing that depends on a folder or an environment."""
    import gc
    import importlib
    import pkgutil

    import seedspec.cli.commands

    for module in pkgutil.iter_modules(seedspec.cli.commands.__path__, "seedspec.cli.commands."):
        importlib.import_module(module.name)
    for name in ("seedspec.api", "seedspec.run.service.service", "httpx", "jinja2", "jsonschema_rs", "rich.console"):
        importlib.import_module(name)
    gc.freeze()  # so that a fork writes to none of it


def _forked(connection: socket.socket) -> int:
    asked, ends, _, _ = socket.recv_fds(connection, _MOST, 2)
    pid = os.fork()
    if pid == 0:
        _become(json.loads(asked), ends)
    for end in ends:
        os.close(end)
    return pid


def _become(asked: Mapping[str, object], ends: Sequence[int]) -> None:
    """What `python -m seedspec` does, from here to the end of the process."""
    from seedspec.__main__ import main

    code: object = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(ends[0], 1)
        os.dup2(ends[1], 2)
        os.closerange(3, 1024)
        os.chdir(str(asked["folder"]))
        os.environ.clear()
        os.environ.update(asked["environ"])  # type: ignore[call-overload]
        sys.argv = ["seedspec", *asked["arguments"]]  # type: ignore[misc]
        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    del sys.path[0]
    _serve(sys.argv[1])

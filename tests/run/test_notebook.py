"""A run inside a loop that is running already: an asyncio program, and a notebook's kernel that is interrupted."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import Any

import nbclient
import nbformat
import pytest
from helpers import LONGEST, QUICK, SMALL, Make
from jupyter_core.utils import run_sync

from seedspec import api
from seedspec.lock.purchase_events import Saved

pytestmark = pytest.mark.slow

REMOTE = """\
seedspec: 1
name: {name}
model: seedance-2.0-reference-to-video
references:
  hero: {{image: "http://127.0.0.1:9/hero.png"}}
shots:
  - {{id: one, prompt: "{name} {{{{ ref('hero') }}}}"}}
"""


def within(what: Any) -> Any:
    """What a function comes to while a loop runs in its thread; nothing of it may be left behind."""

    async def main() -> Any:
        found = what()
        gc.collect()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    before = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = asyncio.run(main())
    assert set(threading.enumerate()) == before
    return found


def test_a_run_and_a_fetch_work_while_a_loop_runs(project: Make) -> None:
    found = project(SMALL)
    sent = within(lambda: found.here(wait=False))
    assert sent[-1].exit == 7
    assert sum(isinstance(e, Saved) for e in within(lambda: found.here(submit=False))) == 2
    assert within(found.here)[-1].exit == 0


def test_a_run_that_is_closed_while_a_loop_runs_ends_in_order(project: Make) -> None:
    found = project(SMALL)

    def broken_off() -> None:
        events = api.run(
            found.folder / "storyboard.yaml", api.Options(pace=QUICK), consent=api.Yes(), environ=found.environ()
        )
        for event in events:
            if type(event).__name__ == "Submitted":
                break
        events.close()

    within(broken_off)
    assert "doubt" not in found.states().values() and "submitting" not in found.states().values()
    assert within(found.here)[-1].exit == 0
    assert sum(found.service.bought(found.name).values()) == 2


def test_addresses_are_probed_while_a_loop_runs(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = project(REMOTE)
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)
    codes = {d.code for d in within(lambda: api.check(found.folder / "storyboard.yaml", probe_urls=True))}
    assert codes, "an address at which nobody listens is told"


CELLS = {
    "begin": "import asyncio, os, gc, threading\n"
    "from seedspec import api\n"
    "from seedspec.run.engine.purchase import Pace\n"
    "assert asyncio.get_running_loop().is_running()\n"
    "pace = Pace(submit_every=0, poll=0.05, poll_most=0.1, announced=0)\n"
    "options = api.Options(emulated=True, pace=pace)\n"
    "first = api.Options(emulated=True, pace=pace, select=['one', 'two'])",
    "plan": "api.plan('storyboard.yaml', options)",
    "ask": "list(api.run('storyboard.yaml', api.Options(pace=pace)))",
    "interrupt": "with api.emulator('storyboard.yaml', seconds=300) as emulator:\n"
    "    for event in api.run('storyboard.yaml', first, emulator=emulator):\n"
    "        print(type(event).__name__, flush=True)",
    "after": "print(sorted(t.name for t in threading.enumerate() if t.name.startswith('seedspec')))\n"
    "print([(str(s.reason)[:8], s.action.name) for s in api.plan('storyboard.yaml', options).plan.steps])",
    "run": "for event in api.run('storyboard.yaml', api.Options(emulated=True, pace=pace, select=['three'])):\n"
    "    print(type(event).__name__, getattr(event, 'percent', ''), flush=True)\n"
    "event",
    "show": "from IPython.display import Video\n"
    "step = next(s for s in api.plan('storyboard.yaml', options).plan.steps if s.address == 'three/1')\n"
    "Video(step.file, embed=True)",
}


def told(cell: Any) -> str:
    return "".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream")


def test_a_kernel_runs_is_interrupted_and_shows_a_take(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person does in a notebook, cell by cell, in a kernel of its own. No service is asked, only emulators."""
    found = project(SMALL + '  - {{id: three, prompt: "{name} three"}}\n')
    for name in ("EVOLINK_BASE_URL", "EVOLINK_FILES_URL", "EVOLINK_API_KEY", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, found.environ()[name])
    monkeypatch.setenv("IPYTHONDIR", str(found.folder / "ipython"))
    cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    client = nbclient.NotebookClient(
        cells, timeout=LONGEST, allow_errors=True, interrupt_on_timeout=False, kernel_name="python3",
        resources={"metadata": {"path": str(found.folder)}},
    )  # fmt: skip
    with client.setup_kernel():
        by = {}
        for index, name in enumerate(CELLS):
            if name == "interrupt":
                interrupted(client, cells.cells[index], index)
            else:
                client.execute_cell(cells.cells[index], index)
            by[name] = cells.cells[index]
    assert not [o for o in by["begin"].outputs if o.output_type == "error"], by["begin"].outputs
    shown = by["plan"].outputs[0].data
    assert "<table>" in shown["text/html"] and "three/1" in shown["text/html"] and len(shown["text/plain"]) < 400
    assert by["ask"].outputs[-1].ename == "ConsentNeeded" and not found.service.bought(found.name)
    assert by["interrupt"].outputs[-1].ename == "KeyboardInterrupt"
    assert told(by["after"]).splitlines()[0] == "[]", "no thread is left"
    assert "DOUBT" not in told(by["after"]) and "RESUME" in told(by["after"])
    assert {"Progressed", "Saved", "RunFinished"} <= set(told(by["run"]).split())
    assert by["run"].outputs[-1].data["text/plain"].startswith("RunFinished(")
    assert "<video" in by["show"].outputs[-1].data["text/html"] and "base64" in by["show"].outputs[-1].data["text/html"]
    assert not any("never awaited" in told(c) or "pending" in told(c) for c in cells.cells)
    assert not found.service.bought(found.name) and not found.lock_path.exists()


def interrupted(client: nbclient.NotebookClient, cell: Any, index: int) -> None:
    """Runs a cell and interrupts the kernel, as the button does, once both requests have been sent."""

    async def main() -> None:
        work = asyncio.ensure_future(client.async_execute_cell(cell, index))
        while told(cell).count("Submitted") < 2 and not work.done():
            await asyncio.sleep(0.05)
        result = client.km.interrupt_kernel()
        if asyncio.iscoroutine(result):
            await result
        await work

    run_sync(main)()

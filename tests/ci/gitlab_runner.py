"""A runner of GitLab's pipelines, and as much of GitLab's API as the recipe asks for, on loopback."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from forge import KEY, OWN, Books, Done, Forge, Pull, git, program, runner_environ, seedspec_in
from github_runner import Cancel, carry_out

LOCK_URL = "https://seedspec:lock-token@gitlab.example.com/org/ads.git"
HERE, THERE = "11", "22"
"""The number of the project, and that of a fork."""


class Pipeline:
    """One job of a pipeline: the one that the rules of the recipe take, by its variables."""

    def __init__(self, forge: Forge, books: Books, recipe: str, api: str, folder: Path, *, source: str, sha: str,
                 given: Mapping[str, str]) -> None:  # fmt: skip
        document = yaml.safe_load(recipe)
        self._space, self.said, self.artifacts = folder / "space", "", folder / "artifacts"
        protected = source != "merge_request_event"
        self.environ = runner_environ(folder, books) | {
            "CI": "true", "CI_PIPELINE_SOURCE": source, "CI_COMMIT_SHA": sha, "CI_DEFAULT_BRANCH": "main",
            "CI_PROJECT_ID": HERE, "CI_PROJECT_PATH": OWN, "CI_SERVER_HOST": "gitlab.example.com",
            "CI_API_V4_URL": api, "CI_PROJECT_DIR": str(self._space), "PLAN_TOKEN": "plan-token",
            **({"EVOLINK_API_KEY": KEY, "LOCK_TOKEN": "lock-token", "CI_COMMIT_BRANCH": "main"} if protected else {}),
            **given,
        }  # fmt: skip
        jobs = {k: v for k, v in document.items() if k not in ("default", "variables") and not k.startswith(".")}
        found = {}
        for name, job in jobs.items():
            whole = {**document.get(job.get("extends"), {}), **job}
            if any(self._holds(rule["if"]) for rule in whole["rules"]):
                found[name] = whole
        assert len(found) <= 1
        [(self.name, self._job)] = found.items() or [("", {})]
        for values in (document["variables"], self._job.get("variables", {})):
            self.environ |= {k: re.sub(r"\$(\w+)", lambda m: self.environ[m[1]], v) for k, v in values.items()}
        for name in ("apt-get", "pip"):
            program(folder, name, "#!/bin/sh\n")
        seedspec_in(folder)
        self._before = document["default"]["before_script"]
        config = folder / "gitconfig"
        config.write_text(f'[url "{forge.origin}"]\n\tinsteadOf = {LOCK_URL}\n')
        self.environ["GIT_CONFIG_GLOBAL"] = str(config)
        git(folder, "clone", "-q", str(forge.origin), str(self._space))
        git(self._space, "fetch", "-q", "origin", sha)
        git(self._space, "checkout", "-q", "--detach", sha)

    def run(self, *, page: bool = False, cancel: Cancel | None = None) -> int:
        """The exit code of the job's script; what comes after it is done in any case. `page` also makes the page."""
        code = self._shell([*self._before, *self._job["script"]], cancel)
        after = [line for line in self._job.get("after_script", ()) if page or not line.startswith("seedspec ")]
        if after:
            self._shell(after, None)
        for written in self._job["artifacts"]["paths"]:
            for path in self._space.glob(written.replace("$FOLDER", self.environ["FOLDER"])):
                place = self.artifacts / path.relative_to(self._space)
                place.parent.mkdir(parents=True, exist_ok=True)
                if path.is_dir():
                    shutil.copytree(path, place)
                else:
                    shutil.copy(path, place)
        return code

    def _holds(self, rule: str) -> bool:
        """A rule of the recipe: equations and names of variables that are set, joined by `&&`; anything else fails."""
        return all(self._term(term.strip()) for term in rule.split("&&"))

    def _term(self, term: str) -> bool:
        found = re.fullmatch(r'\$(\w+)(?: == (?:"([^"]*)"|\$(\w+)))?', term)
        assert found, f"the recipe uses what this runner does not know: {term}"
        name, text, other = found.groups()
        value = self.environ.get(name, "")
        if text is None and other is None:
            return bool(value)
        return value == (text if other is None else self.environ.get(other, ""))

    def _shell(self, lines: list[str], cancel: Cancel | None) -> int:
        said, code = carry_out("\n".join(lines), self._space, self.environ, cancel)
        self.said += said
        return code


def project_of(repository: str) -> str:
    return HERE if repository == OWN else THERE


def answers(forge: Forge, path: str) -> Any:
    """What GitLab says to a question of the recipe; bytes are an archive, None is a 404."""
    for rule, act in (
        (rf"{HERE}/repository/commits/(\w+)/merge_requests", _requests),
        (rf"{HERE}/merge_requests/(\d+)/pipelines", _pipelines),
        (r"(\d+)/pipelines/(\d+)/jobs", _jobs),
        (r"(\d+)/jobs/(\d+)/artifacts", _archive),
    ):
        if found := re.fullmatch(rf"/api/v4/projects/{rule}", path):
            return act(forge, *found.groups())
    return None


def _requests(forge: Forge, sha: str) -> Any:
    return [
        {"iid": p.number, "sha": p.head, "source_project_id": int(project_of(p.repository)), "target_branch": "main",
         "state": "merged" if p.commits else "opened"}
        for p in forge.pulls if sha in (*p.commits, p.head)
    ]  # fmt: skip


def _pipelines(forge: Forge, number: str) -> Any:
    pull = forge.pulls[int(number) - 1]
    return [
        {"id": r.id, "sha": r.head, "project_id": int(project_of(r.repository)),
         "status": "success" if r.good else "failed"}
        for r in reversed(forge.runs) if r.head == pull.head
    ]  # fmt: skip


def _jobs(forge: Forge, project: str, number: str) -> Any:
    run = forge.runs[int(number) - 1]
    if project != project_of(run.repository):
        return None
    pipeline = {"id": run.id, "project_id": int(project)}
    return [{"id": 900, "name": "lint", "pipeline": pipeline}, {"id": run.id, "name": "plan", "pipeline": pipeline}]


def _archive(forge: Forge, project: str, number: str) -> Any:
    run = forge.runs[int(number) - 1]
    folder = forge.artifacts(run.id)
    if project != project_of(run.repository) or not folder.exists():
        return None
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return data.getvalue()


@contextmanager
def api_of(forge: Forge) -> Iterator[str]:
    """The address of the API of a forge."""

    class Answer(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            assert self.headers["PRIVATE-TOKEN"] == "plan-token"
            found = answers(forge, self.path)
            self.send_response(200 if found is not None else 404)
            self.end_headers()
            if found is not None:
                self.wfile.write(found if isinstance(found, bytes) else json.dumps(found).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            (forge.folder / "comment.txt").write_bytes(body)
            self.send_response(201)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v4"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def plan_request(forge: Forge, books: Books, recipe: str, api: str, pull: Pull, folder: Path) -> tuple[int, Pipeline]:
    """The pipeline of a merge request: what it has come to is known to the forge afterwards."""
    given = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_IID": str(pull.number)}
    if pull.repository != OWN:
        given["PLAN_TOKEN"] = ""
    folder.mkdir()
    job = Pipeline(forge, books, recipe, api, folder, source="merge_request_event", sha=pull.head, given=given)
    code = job.run()
    done = Done(len(forge.runs) + 1, pull.head, pull.repository, code == 0)
    shutil.copytree(job.artifacts, forge.artifacts(done.id))
    forge.runs.append(done)
    forge.keep()
    return code, job

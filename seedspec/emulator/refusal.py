"""Answers that say no, in the two shapes that the vendor's hosts use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "invalid_request_error",
    429: "rate_limit_error",
}


@dataclass
class Refusal(Exception):
    """An answer that says no. `param` names the field at fault."""

    status: int
    code: str
    message: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Response:
        """As the API shows it."""
        kind = _TYPES.get(self.status, "api_error" if self.status >= 500 else "invalid_request_error")
        error = {"code": self.code, "message": self.message, "type": kind}
        if self.param is not None:
            error["param"] = self.param
        return JSONResponse({"error": error}, self.status, dict(self.headers))

    def files_answer(self, *, soft: bool) -> Response:
        """As the files API shows it; with status 200 when `soft`."""
        content = {"success": False, "code": self.status, "msg": self.message}
        return JSONResponse(content, 200 if soft else self.status, dict(self.headers))


@dataclass
class Answered(Exception):
    """An answer that a fault gives in the place of the real one."""

    response: Response


def unauthorized(message: str = "A valid API key is needed: send `Authorization: Bearer KEY`.") -> Refusal:
    return Refusal(401, "unauthorized", message)


def page(status: int, title: str) -> Response:
    """What a gateway in front of the service answers: a web page."""
    html = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
    return Response(html, status, media_type="text/html")


def failure(status: int, *, json: bool) -> Response:
    """A failure of the service itself, in the API's form or as a gateway's page."""
    if json:
        return Refusal(status, "internal_error", "The service had an internal error.").answer()
    return page(status, {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}.get(status, "Error"))

"""A caller of REST that costs next to nothing itself: what is measured is the service."""

import http.client
import json
import time
from typing import Any

from tests.end_to_end.service import Service

TIMEOUT_SECONDS = 120.0
IDLE_SECONDS = 2.0  # sooner than the service ends a connection on which nothing is asked


class Rest:
    """One connection that is kept, as a script would."""

    def __init__(self, service: Service) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=TIMEOUT_SECONDS)
        self._asked_at = time.monotonic()
        self._headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers. Raises RuntimeError where it says no."""
        if time.monotonic() - self._asked_at > IDLE_SECONDS:
            self._connection.close()
        text = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1{path}", text, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        self._asked_at = time.monotonic()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} gave {answer.status}: {said.decode(errors='replace')}")
        return json.loads(said)

    def ended(self, change: int) -> dict[str, Any] | None:
        """A change that is not on its way any more; None while it is. Raises RuntimeError where it was not applied."""
        found: dict[str, Any] = self.ask("GET", f"/changes/{change}")
        if found["state"] in ("queued", "sending"):
            return None
        if found["state"] != "applied":
            raise RuntimeError(f"change {change} ended as {found['state']}: {found['message']}")
        return found

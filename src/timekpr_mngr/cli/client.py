"""The running service, as the command line speaks to it: REST with a token."""

from typing import Any, Self
from urllib.parse import quote

import httpx

from timekpr_mngr.cli.ending import Answered, NoService
from timekpr_mngr.settings import ClientSettings
from timekpr_mngr.texts import _

TIMEOUT_SECONDS = 30.0
DOWNLOAD_SECONDS = 120.0
API = "/api/v1"


class Service:
    """A connection to the service. Every method raises Answered for an error of its own, else NoService."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._http = httpx.Client(
            base_url=url + API,
            headers={"Authorization": f"Bearer {token}", "X-Timekpr-Source": "cli"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    @classmethod
    def of(cls, url: str | None) -> Self:
        """The service that the arguments and the environment name."""
        settings = ClientSettings.load(url=url)
        if not settings.token:
            raise Answered(
                401,
                {"error": {"code": "unauthenticated", "message": _("There is no token."), "field": None}},
                _(
                    "There is no token. Make one with `timekpr-mngr token create LABEL --account NAME` and put it "
                    "into the environment as TIMEKPR_MNGR_TOKEN."
                ),
            )
        if not settings.token.isascii() or not settings.token.isprintable():
            raise Answered(
                401,
                {"error": {"code": "unauthenticated", "message": _("This is no token."), "field": None}},
                _("What TIMEKPR_MNGR_TOKEN holds is no token."),
            )
        return cls(settings.url, settings.token)

    def get(self, *path: str, **query: object) -> Any:
        """Reads something; parameters that are None are left out."""
        return self._ask("GET", path, query=query)

    def post(self, *path: str, body: object = None, key: str | None = None, **query: object) -> Any:
        """Asks for something. With an idempotency `key` a lost answer is asked for once more."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return self._ask("POST", path, body, headers, query)
        except NoService:
            if key is None:
                raise
            return self._ask("POST", path, body, headers, query)

    def patch(self, *path: str, body: object) -> Any:
        """Changes something."""
        return self._ask("PATCH", path, body)

    def delete(self, *path: str, **query: object) -> Any:
        """Removes or cancels something."""
        return self._ask("DELETE", path, query=query)

    def download(self, *path: str) -> bytes:
        """A file, which may take the service a while to make."""
        answer = self._sent("GET", path, timeout=DOWNLOAD_SECONDS)
        if answer.is_success and "json" not in answer.headers.get("content-type", ""):
            return answer.content
        self._understood(answer)
        raise NoService(_("What answers at {url} is not timekpr-mngr.").format(url=self._url))

    def _ask(
        self,
        method: str,
        path: tuple[str, ...],
        body: object = None,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
    ) -> Any:
        params = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        return self._understood(self._sent(method, path, json=body, headers=headers, params=params))

    def _sent(self, method: str, path: tuple[str, ...], **more: Any) -> httpx.Response:
        address = "".join(f"/{quote(part, safe='')}" for part in path)
        try:
            return self._http.request(method, address, **more)
        except httpx.HTTPError as problem:
            raise NoService(
                _(
                    "{url} does not answer ({why}). Is timekpr-mngr running there? It is started with "
                    "`timekpr-mngr serve`."
                ).format(url=self._url, why=_why(problem))
            ) from None

    def _understood(self, answer: httpx.Response) -> Any:
        try:
            found = answer.json() if answer.content else None
        except ValueError:
            raise NoService(_("What answers at {url} is not timekpr-mngr.").format(url=self._url)) from None
        if answer.is_success:
            return found
        error = found.get("error") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(error, dict) or "message" not in error:
            raise NoService(_("What answers at {url} is not timekpr-mngr.").format(url=self._url))
        place = f"{error['field']}: " if error.get("field") else ""
        raise Answered(answer.status_code, found, f"{place}{error['message']}")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _why(problem: httpx.HTTPError) -> str:
    return str(problem) or type(problem).__name__

"""timekpr's files as texts, for programs: read, edited, and sent as the fields that differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import Json
from timekpr_mngr.errors import Invalid, MovedMeanwhile, NeverRead
from timekpr_mngr.services import words
from timekpr_mngr.services.limits import Limits
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.services.raw import Note, RawFormat, ServerFormat, UserFormat
from timekpr_mngr.services.views import Accepted, DifferenceView
from timekpr_mngr.texts import _


@dataclass(frozen=True, slots=True)
class RawText:
    """A file as it was last read, with a mark for every byte that is no text. `counted` is a user's USER.time."""

    text: str
    counted: str | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class RawPreview:
    """What sending an edited text would change, and what is to be said of its lines."""

    differences: tuple[DifferenceView, ...]
    notes: tuple[Note, ...]


class RawTexts:
    """`user` is None for a server's own file. An edited text comes with the one that it was made of (`base`)."""

    def __init__(self, limits: Limits, permission: Permission) -> None:
        self._limits = limits
        self._permission = permission

    async def read(self, actor: Actor, server: str, user: str | None) -> RawText:
        """The file. Raises UnknownServer, UnknownUser, NeverRead."""
        if user is not None:
            view = await self._limits.user(actor, server, user)
            text, counted, read_at = view.config_text, view.control_text, view.read_at
        else:
            settings = await self._limits.server_config(actor, server)
            text, counted, read_at = settings.config_text, None, settings.read_at
        if text is None:
            raise NeverRead(_("The file could not be read from {server} yet.").format(server=server))
        return RawText(_showable(text), None if counted is None else _showable(counted), read_at)

    async def preview(
        self, actor: Actor, server: str, user: str | None, base: object, text: object
    ) -> RawPreview:
        """What `send` would do. Lines that cannot be sent are among the notes, and then there are no differences."""
        await self._permission.must(actor, Power.READ, server, user)
        form, base, text = _format(user), _text(base, "base"), _text(text, "text")
        present = await self._limits.values(server, user)
        reading = form.read(base, text)
        wanted = _wanted(form, base, reading.values) if reading.values is not None else {}
        return RawPreview(
            tuple(DifferenceView.of(name, present[name], value) for name, value in wanted.items()),
            reading.notes,
        )

    async def send(self, actor: Actor, server: str, user: str | None, base: object, text: object) -> Accepted:
        """Queues the fields that `text` says otherwise than `base`.

        Raises Forbidden, UnknownServer, UnknownUser, NeverRead; Invalid that names the line (`text:12`);
        MovedMeanwhile where one of these fields is by now neither what `base` says nor what `text` says.
        """
        await self._permission.must(actor, Power.LIMITS, server, user)
        form, base, text = _format(user), _text(base, "base"), _text(text, "text")
        present = await self._limits.values(server, user)
        reading = form.read(base, text)
        if reading.values is None:
            first = reading.errors[0]
            raise Invalid(f"text:{first.line}", first.message)
        were, wanted = _values(form, base), _wanted(form, base, reading.values)
        moved = [name for name in wanted if present[name] not in (were[name], wanted[name])]
        if moved:
            raise MovedMeanwhile(
                _("Changed meanwhile: {what}. Read the file again. Nothing was changed.").format(
                    what=words.listed([words.field(name) for name in moved])
                )
            )
        return await self._limits.bring_back(actor, server, user, wanted, _("Edited as text"))


def _format(user: str | None) -> RawFormat:
    return ServerFormat() if user is None else UserFormat(user)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Invalid(where, _("This is a text."))
    return value


def _values(form: RawFormat, base: str) -> Mapping[str, Json]:
    reading = form.read(base, base)
    if reading.values is None:
        raise Invalid("base", reading.errors[0].message)
    return reading.values


def _wanted(form: RawFormat, base: str, values: Mapping[str, Json]) -> dict[str, Json]:
    were = _values(form, base)
    return {name: value for name, value in values.items() if value != were[name]}


def _showable(content: str) -> str:
    return content.encode("utf-8", "replace").decode("utf-8")

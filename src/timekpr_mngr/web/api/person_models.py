"""The shapes of people, and of limits that are copied between users."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from timekpr_mngr.domain.person import Offer, UserName
from timekpr_mngr.services.person_views import CopyPreview, PersonNow, PersonView, UserNow
from timekpr_mngr.web.api.history_models import DifferenceOut
from timekpr_mngr.web.api.models import Answer, Sent, TimeLeftOut


class UserNamed(Sent):
    """A user: the server, and the login there."""

    server: str
    user: str


class NewPerson(Sent):
    """Users who are one person. Without a name they are called as the first of them is."""

    users: list[UserNamed] = Field(min_length=2)
    name: str | None = Field(None, min_length=1, max_length=100)


class PersonEdit(Sent):
    """Another name for a person."""

    name: str = Field(min_length=1, max_length=100)


class PersonSplit(Sent):
    """Who leaves a person; without a user everybody does."""

    user: UserNamed | None = None


class KeptApart(Sent):
    """A login whose users are not offered as one person again."""

    login: str


class Copy(Sent):
    """To whom a user's limits are copied, and which: whole names of fields, or how they begin (`days.6`)."""

    to: list[UserNamed] = Field(min_length=1)
    fields: Literal["all"] | list[str] = "all"
    preview: bool = False


class UserNameOut(Answer):
    """A user: the server, and the login there."""

    server: str
    user: str

    @classmethod
    def of(cls, name: UserName) -> Self:
        """From the domain."""
        return cls(server=name.server, user=name.user)


class UserNowOut(Answer):
    """One of a person's users, today by that server's own date; what is not known is null."""

    server: str
    user: str
    full_name: str
    used_seconds: int | None
    as_of: datetime | None
    time_left: TimeLeftOut | None
    logged_in: bool | None
    counted: bool | None
    locked: bool | None
    server_state: Literal["host-key-unknown", "connecting", "online", "offline"]
    server_since: datetime

    @classmethod
    def of(cls, user: UserNow) -> Self:
        """From the services."""
        values = {name: getattr(user, name) for name in cls.model_fields}
        left = TimeLeftOut.of(user.time_left) if user.time_left else None
        return cls.model_validate(values | {"time_left": left, "server_state": user.server_state.value})


class PersonNowOut(Answer):
    """Where a person stands. `used_seconds` is of all servers, as far as it is known (`used_is_whole`)."""

    used_seconds: int | None
    used_is_whole: bool
    playing_on: list[UserNameOut]
    playtime_left_seconds: int | None
    users: list[UserNowOut]

    @classmethod
    def of(cls, now: PersonNow) -> Self:
        """From the services."""
        return cls(
            used_seconds=now.used_seconds,
            used_is_whole=now.used_is_whole,
            playing_on=list(map(UserNameOut.of, now.playing_on)),
            playtime_left_seconds=now.playtime_left_seconds,
            users=list(map(UserNowOut.of, now.users)),
        )


class PersonOut(Answer):
    """A person. `id` is `p7`, or `kids-pc/emma` for a user who is a person by themself."""

    id: str
    name: str
    users: list[UserNameOut]
    now: PersonNowOut

    @classmethod
    def of(cls, person: PersonView) -> Self:
        """From the services."""
        return cls(
            id=person.id,
            name=person.name,
            users=list(map(UserNameOut.of, person.users)),
            now=PersonNowOut.of(person.now),
        )


class PeopleOut(Answer):
    """All people, by name."""

    items: list[PersonOut]
    next: str | None = None

    @classmethod
    def of(cls, people: Iterable[PersonView]) -> Self:
        """From the services."""
        return cls(items=list(map(PersonOut.of, people)))


class OfferOut(Answer):
    """Users with one login who may be one person; `person` is whose user one of them is already, else null."""

    login: str
    name: str
    users: list[UserNameOut]
    person: str | None

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """From the domain."""
        users = list(map(UserNameOut.of, offer.users))
        return cls(login=offer.login, name=offer.name, users=users, person=offer.person)


class OffersOut(Answer):
    """Who may be one person, by login."""

    items: list[OfferOut]
    next: str | None = None

    @classmethod
    def of(cls, offers: Iterable[Offer]) -> Self:
        """From the domain."""
        return cls(items=list(map(OfferOut.of, offers)))


class CopyPreviewOut(Answer):
    """What copying to a user would change there; `problem` says why nothing can be copied to them, else it is null.

    `waits_for` says why it would not be there at once, else it is null.
    """

    server: str
    user: str
    differences: list[DifferenceOut]
    problem: str | None
    waits_for: str | None

    @classmethod
    def of(cls, preview: CopyPreview) -> Self:
        """From the services."""
        return cls(
            server=preview.server,
            user=preview.user,
            differences=list(map(DifferenceOut.of, preview.differences)),
            problem=preview.problem,
            waits_for=preview.waits_for,
        )


class CopyPreviewsOut(Answer):
    """What copying would change, for each user that was named."""

    items: list[CopyPreviewOut]
    next: str | None = None

    @classmethod
    def of(cls, previews: Iterable[CopyPreview]) -> Self:
        """From the services."""
        return cls(items=list(map(CopyPreviewOut.of, previews)))

"""`/people`: who is whom on which computers, and where they stand. The id of a user alone has a slash in it."""

from fastapi import APIRouter

from timekpr_mngr.domain.person import user_name, user_names
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.openapi import takes
from timekpr_mngr.web.api.person_models import (
    KeptApart,
    NewPerson,
    OffersOut,
    PeopleOut,
    PersonEdit,
    PersonOut,
    PersonSplit,
)

router = APIRouter(prefix="/people", tags=["people"])


@router.get("")
async def list_people(caller: Caller, ours: Ours) -> PeopleOut:
    """Everybody in view, by name: used today on all computers, time left, where they play now."""
    return PeopleOut.of(await ours.people.list(caller))


@router.post("", status_code=201, openapi_extra=takes(NewPerson))
async def join_people(caller: Caller, ours: Ours, body: Body) -> PersonOut:
    """Makes users one person. Where some are in one already, the first of those takes the others."""
    values = given(body, NewPerson)
    users = user_names(values["users"], "users")
    return PersonOut.of(await ours.people.join(caller, users, values.get("name")))


@router.get("/offers")
async def list_offers(caller: Caller, ours: Ours) -> OffersOut:
    """Users with the same login on several computers, who may be one person."""
    return OffersOut.of(await ours.people.offers(caller))


@router.post("/keep-apart", status_code=204, openapi_extra=takes(KeptApart))
async def keep_apart(caller: Caller, ours: Ours, body: Body) -> None:
    """Does not offer the users of a login as one person again."""
    login = given(body, KeptApart)["login"]
    if not isinstance(login, str):
        raise Invalid("login", _("This is a name."))
    await ours.people.keep_apart(caller, login)


@router.post("/{person:path}/split", status_code=204, openapi_extra=takes(PersonSplit))
async def split_person(caller: Caller, ours: Ours, person: str, body: Body) -> None:
    """Makes one user of a person, or each of them, a person by themself."""
    values = given(body, PersonSplit)
    user = user_name(values["user"], "user") if "user" in values else None
    await ours.people.split(caller, person, user)


@router.get("/{person:path}")
async def get_person(caller: Caller, ours: Ours, person: str) -> PersonOut:
    """One person, also by the name of any of their users: `kids-pc/emma`."""
    return PersonOut.of(await ours.people.get(caller, person))


@router.patch("/{person:path}", openapi_extra=takes(PersonEdit))
async def rename_person(caller: Caller, ours: Ours, person: str, body: Body) -> PersonOut:
    """Calls a person by another name."""
    return PersonOut.of(await ours.people.rename(caller, person, given(body, PersonEdit)["name"]))

"""`/account`: one's own; `/accounts`, `/tokens` and `/audit`: who may do what, and who did."""

from fastapi import APIRouter

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.account_models import (
    AccountEdit,
    AccountOut,
    AccountsOut,
    AllowanceOut,
    AuditOut,
    Code,
    NewAccount,
    NewFactorOut,
    NewToken,
    OwnAccountOut,
    OwnPassword,
    PasswordChange,
    PersonRoleGiven,
    RecoveryCodesOut,
    SessionOut,
    SessionsOut,
    SwitchOff,
    TokenMadeOut,
    TokenOut,
    TokensOut,
)
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.openapi import takes

router = APIRouter(tags=["accounts"])


@router.get("/account")
async def get_own_account(caller: Caller, ours: Ours) -> OwnAccountOut:
    """Whose token this is, and what may be done with it."""
    found = await ours.roles.get(caller, caller.account.name)
    return OwnAccountOut.of(found, caller.scope, await ours.accounts.second_factors.state(caller))


@router.post("/account/password", status_code=204, openapi_extra=takes(PasswordChange))
async def change_own_password(caller: Caller, ours: Ours, body: Body) -> None:
    """Another password for oneself; every session ends, tokens stay."""
    values = given(body, PasswordChange)
    await ours.accounts.change_password(caller, values["old"], values["new"])


@router.post("/account/second-factor", openapi_extra=takes(OwnPassword))
async def begin_second_factor(caller: Caller, ours: Ours, body: Body) -> NewFactorOut:
    """A new seed for an authenticator; it is asked for once `confirm` has seen a code of it."""
    password = given(body, OwnPassword)["password"]
    return NewFactorOut.of(await ours.accounts.second_factors.begin(caller, password))


@router.post("/account/second-factor/confirm", openapi_extra=takes(Code))
async def confirm_second_factor(caller: Caller, ours: Ours, body: Body) -> RecoveryCodesOut:
    """Switches it on."""
    codes = await ours.accounts.second_factors.confirm(caller, given(body, Code)["code"])
    return RecoveryCodesOut(recovery_codes=list(codes))


@router.post("/account/second-factor/off", status_code=204, openapi_extra=takes(SwitchOff))
async def switch_second_factor_off(caller: Caller, ours: Ours, body: Body) -> None:
    """Asks for no code any more."""
    values = given(body, SwitchOff)
    await ours.accounts.second_factors.switch_off(caller, values["password"], values["code"])


@router.post("/account/recovery-codes", openapi_extra=takes(OwnPassword))
async def make_recovery_codes(caller: Caller, ours: Ours, body: Body) -> RecoveryCodesOut:
    """Ten new ones in place of those before."""
    password = given(body, OwnPassword)["password"]
    codes = await ours.accounts.second_factors.new_recovery_codes(caller, password)
    return RecoveryCodesOut(recovery_codes=list(codes))


@router.get("/account/sessions")
async def list_sessions(caller: Caller, ours: Ours) -> SessionsOut:
    """Where one is signed in."""
    return SessionsOut(items=list(map(SessionOut.of, await ours.accounts.sessions(caller))))


@router.delete("/account/sessions", status_code=204)
async def end_sessions(caller: Caller, ours: Ours) -> None:
    """Signs out everywhere; tokens stay."""
    await ours.accounts.end_other_sessions(caller)


@router.delete("/account/sessions/{session}", status_code=204)
async def end_session(caller: Caller, ours: Ours, session: str) -> None:
    """Signs out there."""
    await ours.accounts.end_session(caller, session)


@router.get("/tokens")
async def list_tokens(caller: Caller, ours: Ours) -> TokensOut:
    """One's own tokens; for an admin all of them."""
    return TokensOut(items=list(map(TokenOut.of, await ours.accounts.tokens(caller))))


@router.post("/tokens", status_code=201, openapi_extra=takes(NewToken))
async def make_token(caller: Caller, ours: Ours, body: Body) -> TokenMadeOut:
    """Makes a token, which is told this once."""
    values = given(body, NewToken)
    label, account = values.pop("label"), values.pop("account", None)
    if account is not None and not isinstance(account, str):
        raise Invalid("account", _("This is a name."))
    token = await ours.accounts.create_token(caller, label, account, **values)
    return TokenMadeOut(label=label, token=token)


@router.delete("/tokens/{token}", status_code=204)
async def revoke_token(caller: Caller, ours: Ours, token: str) -> None:
    """Ends a token, by its number or its label."""
    await ours.accounts.revoke_token(caller, token)


@router.get("/accounts")
async def list_accounts(caller: Caller, ours: Ours) -> AccountsOut:
    """Everybody who may sign in."""
    return AccountsOut(items=list(map(AccountOut.of, await ours.roles.list(caller))))


@router.post("/accounts", status_code=201, openapi_extra=takes(NewAccount))
async def add_account(caller: Caller, ours: Ours, body: Body) -> AccountOut:
    """Makes an account. The role `member` is for who has one for certain people alone."""
    values = given(body, NewAccount)
    minutes = values.get("minutes_a_day")
    added = await ours.accounts.add(
        caller, values["name"], values["role"], values["password"], minutes_a_day=minutes
    )
    return AccountOut.of(await ours.roles.get(caller, added.name))


@router.get("/accounts/{account}")
async def get_account(caller: Caller, ours: Ours, account: str) -> AccountOut:
    """One account, with those to whom it is something else than to everybody."""
    return AccountOut.of(await ours.roles.get(caller, account))


@router.patch("/accounts/{account}", openapi_extra=takes(AccountEdit))
async def edit_account(caller: Caller, ours: Ours, account: str, body: Body) -> AccountOut:
    """Another role, or another password: with it all sessions of the account end."""
    values = given(body, AccountEdit)
    if "role" not in values and "minutes_a_day" in values:
        raise Invalid("minutes_a_day", _("Minutes a day go with a role."))
    if "role" in values:
        await ours.roles.set(caller, account, values["role"], values.get("minutes_a_day"))
    if "password" in values:
        await ours.accounts.set_password(caller, account, values["password"])
    return AccountOut.of(await ours.roles.get(caller, account))


@router.delete("/accounts/{account}", status_code=204)
async def remove_account(caller: Caller, ours: Ours, account: str) -> None:
    """Removes an account with its sessions and tokens."""
    await ours.accounts.remove(caller, account)


@router.delete("/accounts/{account}/second-factor", status_code=204)
async def take_second_factor_away(caller: Caller, ours: Ours, account: str) -> None:
    """For somebody who has lost theirs."""
    await ours.accounts.second_factors.take_away(caller, account)


@router.put("/accounts/{account}/people/{person:path}", openapi_extra=takes(PersonRoleGiven))
async def set_person_role(caller: Caller, ours: Ours, account: str, person: str, body: Body) -> AccountOut:
    """What an account is to one person."""
    values = given(body, PersonRoleGiven)
    found = await ours.roles.set_for(caller, account, person, values["role"], values.get("minutes_a_day"))
    return AccountOut.of(found)


@router.delete("/accounts/{account}/people/{person:path}")
async def take_person_role_away(caller: Caller, ours: Ours, account: str, person: str) -> AccountOut:
    """To this person the account is what it is to everybody."""
    return AccountOut.of(await ours.roles.take_away(caller, account, person))


@router.get("/servers/{server}/users/{user}/allowance")
async def get_allowance(caller: Caller, ours: Ours, server: str, user: str) -> AllowanceOut:
    """How much a carer may give this person today, over all of their computers."""
    return AllowanceOut.of(await ours.grants.allowance(caller, server, user))


@router.get("/audit")
async def list_audit(caller: Caller, ours: Ours, cursor: str | None = None, limit: int = 100) -> AuditOut:
    """Who did what, newest first; `cursor` is the `next` of the page before."""
    page = await ours.accounts.audit(caller, cursor=cursor, limit=limit)
    return AuditOut.of(page.items, page.next)

"""Copies: one user's limits set for other users, on whatever computers those are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import Change, Draft, Json
from timekpr_mngr.domain.field import USER_FIELDS
from timekpr_mngr.domain.lasting import lasting
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.errors import Invalid, Missing, NotNow, TimekprMngrError
from timekpr_mngr.services import words
from timekpr_mngr.services.limits import Limits, drafts_of, expected_values, queued_all
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.services.person_views import CopyPreview
from timekpr_mngr.services.views import Accepted, DifferenceView
from timekpr_mngr.store import Order, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.texts import _


class Copies:
    """Copies limits between users. What waits for the one they come from is copied as if it had arrived, and what holds
    for a day only is not copied.

    `fields` are `"all"` or a list of names, whole (`days.6.hours`) or by their beginning (`days.6`, `playtime`).
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        limits: Limits,
        permission: Permission,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._limits = limits
        self._now = now

    async def preview(
        self, actor: Actor, source: tuple[str, str], to: Sequence[tuple[str, str]], fields: object = "all"
    ) -> tuple[CopyPreview, ...]:
        """What `copy` would change for each of these users, in their order.

        Raises UnknownServer, UnknownUser, NeverRead for the one to copy from, Invalid; and the first two for any whom
        the account is not to know.
        """
        for user in (source, *to):
            await self._permission.must(actor, Power.READ, *user)
        return tuple(
            CopyPreview(
                plan.user.server,
                plan.user.user,
                plan.differences,
                str(plan.problem) if plan.problem is not None else None,
                self._waits_for(plan),
            )
            for plan in await self._plans(source, to, fields)
        )

    async def copy(
        self, actor: Actor, source: tuple[str, str], to: Sequence[tuple[str, str]], fields: object = "all"
    ) -> Accepted:
        """Queues for each of these users what differs, in their order.

        Raises what `preview` does, Forbidden, and what is in the way of any of them: then nothing is queued.
        """
        await self._permission.must(actor, Power.READ, *source)
        await self._permission.must_all(actor, Power.LIMITS, [UserName(*user) for user in to])
        plans = await self._plans(source, to, fields)
        for plan in plans:
            if plan.problem is not None:
                raise plan.problem
        reason = _("Copied from {user}").format(user=UserName(*source))
        orders = [
            Order(plan.user, [replace(draft, reason=reason) for draft in plan.drafts]) for plan in plans
        ]
        return await queued_all(self._store, self._engine, actor, orders, self._now())

    async def _plans(
        self, source: tuple[str, str], to: Sequence[tuple[str, str]], fields: object
    ) -> "list[_Plan]":
        names = _chosen(fields)
        if not to:
            raise Invalid("to", _("Say to whom the limits are to be copied."))
        if tuple(source) in map(tuple, to):
            raise Invalid("to", _("{user} has these limits already.").format(user=UserName(*source)))
        values = await self._lasting(UserName(*source))
        wanted = {name: values[name] for name in names}
        return [await self._plan(user, wanted) for user in dict.fromkeys(UserName(*user) for user in to)]

    async def _plan(self, user: UserName, wanted: Mapping[str, Json]) -> "_Plan":
        try:
            values, waiting = await self._known(user)
            staying = await self._staying(user, values)
            drafts = drafts_of(values, wanted, waiting, staying)
            for draft in drafts:
                _check(draft)
        except (Missing, NotNow, Invalid) as problem:
            return _Plan(user, problem=problem)
        expected = expected_values(values, waiting)
        differences = (
            DifferenceView.of(
                name, expected[name] if expected[name] != wanted[name] else staying[name], wanted[name]
            )
            for name in (draft.field for draft in drafts)
        )
        return _Plan(user, drafts, tuple(differences))

    def _waits_for(self, plan: "_Plan") -> str | None:
        """What differs is sent to a server that is away as soon as it is back."""
        if not plan.differences or self._engine.status(plan.user.server).state is ServerState.ONLINE:
            return None
        return _("{server} cannot be reached now; it waits, and is sent when {server} is back.").format(
            server=plan.user.server
        )

    async def _lasting(self, user: UserName) -> dict[str, Json]:
        """What a user is to have for good: what holds for a day only is nothing to copy."""
        values, waiting = await self._known(user)
        return expected_values(await self._staying(user, values), waiting)

    async def _staying(self, user: UserName, values: Mapping[str, Json]) -> dict[str, Json]:
        """A user's values once all that holds for a day only has been taken back."""
        for_a_day = await self._store.changes.for_a_day(user.server)
        return lasting(values, [change for change in for_a_day if change.user == user.user])

    async def _known(self, user: UserName) -> tuple[dict[str, Json], list[Change]]:
        """A user's values as last read, and what waits for them."""
        values = await self._limits.values(*user)
        waiting = await self._store.changes.open(user.server)
        return values, [change for change in waiting if change.user == user.user]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be queued for a user, and shown of it; or what is in the way."""

    user: UserName
    drafts: Sequence[Draft] = ()
    differences: tuple[DifferenceView, ...] = ()
    problem: TimekprMngrError | None = None


def _chosen(fields: object) -> list[str]:
    """The names of fields, in their own order. Raises Invalid with the place."""
    if fields == "all":
        return list(USER_FIELDS)
    if not isinstance(fields, list) or not fields:
        raise Invalid("fields", _("Fields are a list of at least one name, or “all”."))
    chosen: set[str] = set()
    for index, given in enumerate(fields):
        named = [name for name in USER_FIELDS if name == given or name.startswith(f"{given}.")]
        if not isinstance(given, str) or not named:
            raise Invalid(f"fields[{index}]", _("There is no setting {given}.").format(given=given))
        chosen.update(named)
    return [name for name in USER_FIELDS if name in chosen]


def _check(draft: Draft) -> None:
    """What a computer has may be what we would never send. Raises Invalid."""
    try:
        USER_FIELDS[draft.field].load(draft.after, draft.field)
    except Invalid as problem:
        message = _("{field} cannot be copied: {problem} Nothing was changed.").format(
            field=words.field(draft.field), problem=problem
        )
        raise Invalid("fields", message) from None

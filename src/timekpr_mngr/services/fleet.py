"""The servers: which there are, where each stands, and their users."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.host import check_host
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.domain.server import Server, ServerConfig, ServerState, check_server_name
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import ChangesWait, Invalid, NeverRead, UnknownServer, UnknownUser
from timekpr_mngr.link.authorized_keys import authorized_keys_line
from timekpr_mngr.link.reach import reach
from timekpr_mngr.link.session import Connector
from timekpr_mngr.link.ssh_keys import fingerprint
from timekpr_mngr.services import audit, keys, words
from timekpr_mngr.services.health import narrowed, restarted, unlinked
from timekpr_mngr.services.paging import checked_limit, page_of
from timekpr_mngr.services.permission import Permission, among, must_administer, unknown_server
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.services.views import FleetView, ServerPage, ServerView, UserEntry
from timekpr_mngr.store import SearchWord, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, FleetChanged, ServerMoved
from timekpr_mngr.texts import _, counted

CHECK_WAITS_SECONDS = 10.0
SEARCH_MAX = 200
WAITING = "waiting"
"""Beside the states: the servers for which changes wait."""


class Fleet:
    """Adds, shows, checks, edits and removes servers; takes users out of view and back."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        connector: Connector,
        permission: Permission,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._connector = connector
        self._now = now
        self._editing = asyncio.Lock()  # a row is written whole: two editors at once would undo each other

    async def servers(self, actor: Actor) -> list[ServerView]:
        """All of which the account may know, by name."""
        rights = await self._permission.rights(actor)
        found = await self._store.servers.list()
        return await self._views(
            rights, [one for one in found if rights.servers is None or one.name in rights.servers]
        )

    async def page(
        self,
        actor: Actor,
        *,
        state: str | None = None,
        search: str = "",
        cursor: str | None = None,
        limit: int | None = 50,
    ) -> ServerPage:
        """Servers by name; all words of `search` are in a server's name or address, or in the name or login of somebody
        there. `state` may be `waiting`, too: those for which changes wait.

        `cursor` is the `next` of the page before; with no `limit` all come at once. Raises Invalid.
        """
        said, rights = plain_text(search, "search", SEARCH_MAX).split(), await self._permission.rights(actor)
        standing = None if state is None else await self._standing(rights, state)
        if rights.servers is not None:
            standing = [name for name in rights.servers if standing is None or name in standing]
        found = await self._store.servers.page(
            search=[SearchWord(word, self._where_users_are(rights, word)) for word in said],
            among=standing,
            after=None if cursor is None else check_server_name(cursor),
            limit=None if limit is None else checked_limit(limit) + 1,
        )
        page = page_of(found, len(found) if limit is None else limit, lambda server: server.name)
        return ServerPage(tuple(await self._views(rights, page.items)), page.next)

    async def names(self, actor: Actor) -> Sequence[str]:
        """What they are all called, in order."""
        return await self._names(await self._permission.rights(actor))

    async def overview(self, actor: Actor) -> FleetView:
        """How they all stand: quick also where there are thousands."""
        rights = await self._permission.rights(actor)
        pending, names = await self._store.changes.pending(among(rights, None)), await self._names(rights)
        states = Counter(state for _name, state in self._states(names))
        return FleetView(len(names), states, len(pending), self._engine.read_every_seconds())

    async def server(self, actor: Actor, name: str) -> ServerView:
        """One server. Raises UnknownServer."""
        rights = await self._permission.rights(actor)
        _must_know(rights, name)
        return await self._view(rights, await self._store.servers.get(name))

    async def add(
        self,
        actor: Actor,
        *,
        name: object,
        host: object,
        ssh_user: object,
        port: object = 22,
        private_key: object = None,
        passphrase: object = None,
        host_key: object = None,
        second_host: object = None,
    ) -> ServerView:
        """Adds a server and begins to connect; without a private key one is made for it.

        `host_key` is an OpenSSH public key line or a fingerprint; without it the server waits for `trust`.
        `second_host` is tried where the server is not at `host`. Raises Forbidden, Invalid, Exists.
        """
        must_administer(actor)
        checked = check_server_name(name)
        address, second = check_host(host), _second_host(second_host)
        known = keys.checked_host_key(host_key) if host_key is not None else None
        checked_port, account = _port(port), keys.checked_ssh_user(ssh_user)
        pair = await keys.key_pair(private_key, passphrase, _comment(checked))
        server = Server(
            name=checked,
            host=address,
            port=checked_port,
            ssh_user=account,
            public_key=pair.public,
            host_key=known.line if known else None,
            fingerprint=known.fingerprint if known and known.line else None,
            expected_fingerprint=known.fingerprint if known else None,
            created_at=self._now(),
            second_host=second,
        )
        await self._store.servers.add(server, pair.private)
        await self._engine.added(checked)
        await self._store.users.hide(checked, account, True)  # our own account is nobody's child
        await self._note(
            actor,
            _("added the server at {address}:{port} as {account}").format(
                address=address, port=checked_port, account=account
            ),
            checked,
        )
        return await self.server(actor, checked)

    async def trust(self, actor: Actor, name: str, fingerprint: object) -> ServerView:
        """Says which key the server must show; with that one it connects. Raises Invalid where it shows another."""
        must_administer(actor)
        expected = keys.checked_fingerprint(fingerprint)
        async with self._editing:
            server = await self._store.servers.get(name)
            if server.host_key is not None and server.fingerprint == expected:
                return await self.server(actor, name)
            if server.host_key is None and server.fingerprint not in (None, expected):
                raise Invalid(
                    "fingerprint",
                    _("{name} shows the key {fingerprint}, which is another. Nothing was trusted.").format(
                        name=name, fingerprint=server.fingerprint
                    ),
                )
            async with self._paused(name):
                await self._store.servers.replace(
                    name, replace(server, host_key=None, expected_fingerprint=expected)
                )
        await self._note(actor, _("trusted the key {fingerprint}").format(fingerprint=expected), name)
        return await self.server(actor, name)

    async def learn_host_key(self, actor: Actor, name: str) -> ServerView:
        """Looks again which key the server shows. One that is not the trusted one ends the trust until a person has
        compared it. Raises ServerFailure where the server cannot be reached.
        """
        must_administer(actor)
        server = await self._store.servers.get(name)
        seen = fingerprint(await reach(server, lambda host: self._connector.host_key(host, server.port)))
        async with self._editing:
            server = await self._store.servers.get(name)
            if seen == server.fingerprint:
                return await self.server(actor, name)
            async with self._paused(name):
                forgotten = replace(server, host_key=None, fingerprint=seen, expected_fingerprint=None)
                await self._store.servers.replace(name, forgotten)
        await self._note(
            actor, _("saw the key {fingerprint}, which is not trusted yet").format(fingerprint=seen), name
        )
        return await self.server(actor, name)

    async def edit(
        self,
        actor: Actor,
        name: str,
        *,
        new_name: object = None,
        host: object = None,
        port: object = None,
        ssh_user: object = None,
        private_key: object = None,
        passphrase: object = None,
        host_key: object = None,
        second_host: object = None,
    ) -> ServerView:
        """Changes what is given and keeps the rest, its changes and history too. An empty `second_host` takes that
        away. Raises as `add` does.
        """
        must_administer(actor)
        await self._store.servers.get(name)
        renamed = None if new_name is None else check_server_name(new_name)
        address = None if host is None else check_host(host)
        checked_port = None if port is None else _port(port)
        account = None if ssh_user is None else keys.checked_ssh_user(ssh_user)
        known = None if host_key is None else keys.checked_host_key(host_key)
        second = _second_host(second_host)
        pair = None
        if private_key is not None or passphrase is not None:
            if private_key is None:
                raise Invalid("passphrase", _("A passphrase comes with a private key."))
            pair = await keys.key_pair(private_key, passphrase, _comment(renamed or name))
        async with self._editing:
            server = await self._store.servers.get(name)
            edited = replace(
                server,
                name=renamed or server.name,
                host=address or server.host,
                port=checked_port or server.port,
                ssh_user=account or server.ssh_user,
                public_key=pair.public if pair else server.public_key,
                second_host=server.second_host if second_host is None else second,
            )
            if edited.host_key is None and (edited.host, edited.port) != (server.host, server.port):
                edited = replace(edited, fingerprint=None)  # that was another computer's
            if known is not None:
                edited = _known_by(edited, known)
            if edited == server and pair is None:
                return await self.server(actor, name)
            async with self._paused(name, edited.name):
                await self._store.servers.replace(name, edited, pair.private if pair else None)
        await self._note(
            actor,
            _("edited the server: {difference}").format(difference=_difference(server, edited)),
            edited.name,
        )
        return await self.server(actor, edited.name)

    async def remove(self, actor: Actor, name: str, force: bool = False) -> None:
        """Forgets a server and its key. Raises Forbidden, UnknownServer, and ChangesWait unless `force`: while changes
        wait for it, or something holds there for a day only, which nobody would take back any more.
        """
        must_administer(actor)
        await self._store.servers.get(name)
        if not force and (lost := await self._lost_with(name)):
            raise ChangesWait(lost, _("Nothing was removed: with force {server} is.").format(server=name))
        async with self._editing:
            await self._engine.pausing(name)
            open_changes = await self._store.changes.open(name)
            try:
                await self._store.servers.remove(name)
            except BaseException:
                await self._engine.edited(name)
                raise
            await self._engine.removed(name)
        for ended in (await self._store.changes.some([change.id for change in open_changes])).values():
            self._engine.events.publish(ChangeMoved(ended))
        await self._note(actor, _("removed the server"), name)

    async def sync(self, actor: Actor, name: str, wait_seconds: float = 0) -> ServerView:
        """Connects or reads now. Raises UnknownServer."""
        await self.synced(actor, name, wait_seconds)
        return await self.server(actor, name)

    async def synced(self, actor: Actor, name: str, wait_seconds: float = 0) -> bool:
        """The same, and says whether the server was read within the wait."""
        _must_know(await self._permission.rights(actor), name)
        await self._store.servers.get(name)
        return await self._engine.sync(name, wait_seconds)

    async def check(self, actor: Actor, name: str) -> list[Check]:
        """Tries the server now and says of every step whether it holds. Takes up to 10 s where it does not answer.

        For who sees everybody. Raises Forbidden, UnknownServer.
        """
        await self._permission.must(actor, Power.READ, name, None)
        server = await self._store.servers.get(name)
        if server.host_key is not None or server.expected_fingerprint is not None:
            await self._engine.sync(name, CHECK_WAITS_SECONDS)
        server = await self._store.servers.get(name)
        checks = await self._engine.health(name)
        if checks is None:
            return unlinked(server, self._engine.status(name))
        runs = (await self._store.daemon_runs.list(name)).get(name, [])
        return [
            *narrowed(checks, _authorized_keys(server, self._engine.snapshot(name))),
            *restarted(runs, self._now()),
        ]

    async def users(self, actor: Actor, server: str) -> list[UserEntry]:
        """Everybody that timekpr knows on the server and the account may know, the hidden ones too, by name; none while
        it was never read.
        """
        rights = await self._permission.rights(actor)
        _must_know(rights, server)
        await self._store.servers.get(server)
        snapshot, hidden = self._engine.snapshot(server), await self._store.users.hidden(server)
        if snapshot is None:
            return []
        seen = [user for user in snapshot.users.values() if rights.power(server, user.name) is not None]
        users = sorted(seen, key=lambda user: user.name)
        return [UserEntry(user.name, user.full_name, user.name in hidden) for user in users]

    async def hide(self, actor: Actor, server: str, user: str, hidden: bool) -> UserEntry:
        """Takes a user out of view, or back. Nothing changes on the server. Raises UnknownUser, NeverRead."""
        must_administer(actor)
        await self._store.servers.get(server)
        snapshot = self._engine.snapshot(server)
        if snapshot is None:
            raise NeverRead(
                _("{server} was never read, so its users are not known yet.").format(server=server)
            )
        if user not in snapshot.users:
            raise UnknownUser(
                _("{server} has no user {user} that timekpr knows.").format(server=server, user=user)
            )
        await self._store.users.hide(server, user, hidden)
        await self._note(
            actor, _("took out of view") if hidden else _("brought back into view"), f"{server}/{user}"
        )
        self._engine.events.publish(FleetChanged())
        return UserEntry(user, snapshot.users[user].full_name, hidden)

    @contextlib.asynccontextmanager
    async def _paused(self, name: str, new_name: str | None = None) -> AsyncIterator[None]:
        """The server's link rests while its row is written, and begins anew after it, whether that went well or not."""
        await self._engine.pausing(name)
        try:
            yield
        except BaseException:
            await self._engine.edited(name)
            raise
        await self._engine.edited(name, new_name if new_name != name else None)
        self._engine.events.publish(ServerMoved(new_name or name))

    async def _names(self, rights: Rights) -> Sequence[str]:
        names = await self._store.servers.names()
        return names if rights.servers is None else [name for name in names if name in rights.servers]

    async def _standing(self, rights: Rights, state: str) -> list[str]:
        """The servers that stand there. Raises Invalid."""
        if state == WAITING:
            return list(await self._store.changes.pending(among(rights, None)))
        if state not in set(ServerState):
            states = ", ".join([*ServerState, WAITING])
            raise Invalid("state", _("A state is one of {states}.").format(states=states))
        return [name for name, found in self._states(await self._store.servers.names()) if found == state]

    def _states(self, names: Iterable[str]) -> Iterator[tuple[str, ServerState]]:
        for name in names:
            with contextlib.suppress(UnknownServer):  # just being added, renamed or removed
                yield name, self._engine.status(name).state

    def _where_users_are(self, rights: Rights, word: str) -> list[str]:
        """The servers on which somebody whom they may know is called so: the names are in memory, as they were read."""
        said = word.casefold()
        return [
            server
            for server, snapshot in self._engine.snapshots()
            if any(
                said in f"{user.name} {user.full_name}".casefold()
                for user in snapshot.users.values()
                if rights.power(server, user.name) is not None
            )
        ]

    async def _views(self, rights: Rights, servers: Sequence[Server]) -> list[ServerView]:
        pending = await self._store.changes.pending(among(rights, None))
        hidden = await self._store.users.hidden_on([server.name for server in servers])
        views = []
        for server in servers:
            with contextlib.suppress(UnknownServer):  # just being added, renamed or removed
                name = server.name
                views.append(self._seen(rights, server, pending.get(name, 0), hidden.get(name, set())))
        return views

    async def _view(self, rights: Rights, server: Server) -> ServerView:
        waiting = [
            change
            for change in await self._store.changes.open(server.name)
            if rights.power(server.name, change.user) is not None
        ]
        return self._seen(rights, server, len(waiting), await self._store.users.hidden(server.name))

    def _seen(self, rights: Rights, server: Server, pending: int, hidden: Set[str]) -> ServerView:
        status, snapshot = self._engine.status(server.name), self._engine.snapshot(server.name)
        return ServerView(
            name=server.name,
            host=server.host,
            port=server.port,
            ssh_user=server.ssh_user,
            state=_state(server, status.state),
            since=status.since,
            error=status.failure,
            fingerprint=server.fingerprint,
            expected_fingerprint=server.expected_fingerprint,
            host_key_trusted=server.host_key is not None,
            time_zone=snapshot.time_zone if snapshot else None,
            timekpr_version=snapshot.timekpr_version if snapshot else None,
            pending=pending,
            users=tuple(
                user
                for user in sorted(set(snapshot.users) - hidden)
                if rights.power(server.name, user) is not None
            )
            if snapshot
            else (),
            public_key=server.public_key,
            authorized_keys=_authorized_keys(server, snapshot),
            read_at=snapshot.read_at if snapshot else None,
            second_host=server.second_host,
        )

    async def _lost_with(self, name: str) -> str:
        """What would be lost, or left behind, if the server were forgotten now; empty where nothing would."""
        waiting = len(await self._store.changes.open(name))
        said = []
        if waiting:
            said.append(
                counted(
                    "{n} change waits and would be cancelled.",
                    "{n} changes wait and would be cancelled.",
                    waiting,
                )
            )
        held: dict[tuple[str | None, str], str] = {}
        for change in await self._store.changes.for_a_day(name):
            if not change.state.is_open:
                is_held = _("{user} has this for a day only, and it would stay: {field}, {value}.")
                what, value = words.field(change.field), words.value(change.field, change.after)
                held.setdefault(
                    (change.user, change.field),
                    is_held.format(user=change.user, field=what, value=value),
                )
        said += held.values()
        return "\n".join(said)

    async def _note(self, actor: Actor, what: str, subject: str) -> None:
        await audit.note(self._store, actor, what, subject, self._now())


def _must_know(rights: Rights, server: str) -> None:
    """Raises UnknownServer for one on which there is nobody whom they may know."""
    if rights.servers is not None and server not in rights.servers:
        raise unknown_server(server)


def _state(server: Server, state: ServerState) -> ServerState:
    """A server whose key nobody has vouched for is not connecting: its key is only being looked at."""
    if server.host_key is None and server.expected_fingerprint is None and state is ServerState.CONNECTING:
        return ServerState.HOST_KEY_UNKNOWN
    return state


def _known_by(server: Server, known: keys.HostKey) -> Server:
    return replace(
        server,
        host_key=known.line,
        fingerprint=known.fingerprint if known.line else None,
        expected_fingerprint=known.fingerprint,
    )


def _authorized_keys(server: Server, snapshot: Snapshot | None) -> str:
    config = (snapshot.config if snapshot else None) or ServerConfig()
    return authorized_keys_line(server.public_key, config.config_directory, config.work_directory)


def _second_host(value: object) -> str | None:
    """None where nothing was given, or nothing but a blank. Raises Invalid."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return check_host(value)
    except Invalid as problem:
        raise Invalid("second_host", problem.message) from None


def _port(value: object) -> int:
    return rules.whole(value, "port", 1, 65_535, "A port")


def _comment(name: str) -> str:
    return f"timekpr-mngr@{name}"


def _difference(old: Server, new: Server) -> str:
    """Which parts are others, with no secret in it."""
    parts = [
        f"{part} {getattr(old, part)} → {getattr(new, part)}"
        for part in ("name", "host", "port", "second_host", "ssh_user", "expected_fingerprint")
        if getattr(old, part) != getattr(new, part)
    ]
    if old.public_key != new.public_key:
        parts.append(_("another key"))
    return ", ".join(parts) or _("the same again")

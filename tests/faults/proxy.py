"""Between us and a computer's sshd: forwards bytes, late or only so many of them. It doubles nothing and never lies."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["up", "down"]
CHUNK = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """Ends a conversation after exactly `after` bytes went `direction` ("up" is towards the computer).

    `held_seconds` is how long the computer goes on without noticing: what came last arrives there only then.
    """

    direction: Direction
    after: int
    held_seconds: float = 0.0


@dataclass(slots=True)
class Conversation:
    """One connection that was accepted, and how many bytes of it went each way."""

    client: asyncio.StreamWriter
    computer: asyncio.StreamWriter
    went: dict[Direction, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    latency_seconds: float = 0.0
    hold_seconds: float = 0.0
    is_cut: bool = False


class Proxy:
    """Listens on a port of its own. The first of `cuts` befalls the first conversation
    that gets so far, the next one a later conversation. `latency_seconds` delays all
    of the next conversation that goes towards the computer, also when the client is gone: what somebody sent who was
    killed comes late.
    """

    def __init__(self, host: str, port: int) -> None:
        self._computer = (host, port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.conversations: list[Conversation] = []
        self.latency_seconds = 0.0
        self.cuts: list[Cut] = []
        self.cuts_made = 0

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.renew()

    async def renew(self) -> None:
        """Forgets every conversation and fault: another run begins."""
        for conversation in self.conversations:
            self._end(conversation)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.conversations.clear()
        self.latency_seconds, self.cuts, self.cuts_made = 0.0, [], 0

    def hold(self, seconds: float) -> None:
        """Whatever comes next from our side is the last of its conversation, and arrives so much later."""
        for conversation in self.conversations:
            conversation.hold_seconds = seconds

    async def quiet(self) -> None:
        """Returns when nothing is on its way to the computer any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_computer, to_computer = await asyncio.open_connection(*self._computer)
        except OSError:
            writer.transport.abort()
            return
        conversation = Conversation(writer, to_computer, latency_seconds=self.latency_seconds)
        self.latency_seconds = 0.0
        self.conversations.append(conversation)
        self._run(self._forward(conversation, reader, to_computer, "up"))
        self._run(self._forward(conversation, from_computer, writer, "down"))

    async def _forward(
        self,
        conversation: Conversation,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        direction: Direction,
    ) -> None:
        coming = reader if direction == "down" else self._late(conversation, reader)
        with contextlib.suppress(OSError):
            while data := await coming.read(CHUNK):
                if conversation.is_cut:
                    return
                if direction == "up" and conversation.hold_seconds:
                    self.cuts_made += 1
                    await self._cut(conversation, data, conversation.hold_seconds)
                    return
                cut = self._cut_within(conversation, direction, len(data))
                if cut is not None:
                    self.cuts.remove(cut)
                    self.cuts_made += 1
                    rest = data[: cut.after - conversation.went[direction]]
                    conversation.went[direction] = cut.after
                    if direction == "down":
                        writer.write(rest)
                        rest = b""
                    await self._cut(conversation, rest, cut.held_seconds)
                    return
                conversation.went[direction] += len(data)
                writer.write(data)
                await writer.drain()
        if not conversation.is_cut:
            self._end(conversation)

    def _late(self, conversation: Conversation, reader: asyncio.StreamReader) -> asyncio.StreamReader:
        """What is read from `reader`, each byte as much later as the conversation is slow; its end, too."""
        if not conversation.latency_seconds:
            return reader
        late, loop = asyncio.StreamReader(), asyncio.get_running_loop()

        async def read() -> None:
            with contextlib.suppress(OSError):
                while data := await reader.read(CHUNK):
                    loop.call_later(conversation.latency_seconds, late.feed_data, data)
            loop.call_later(conversation.latency_seconds, late.feed_eof)

        self._run(read())
        return late

    def _cut_within(self, conversation: Conversation, direction: Direction, size: int) -> Cut | None:
        cut = self.cuts[0] if self.cuts else None
        if cut is None or cut.direction != direction:
            return None
        return cut if conversation.went[direction] + size >= cut.after else None

    async def _cut(self, conversation: Conversation, rest: bytes, held_seconds: float) -> None:
        """The client sees the end at once; the computer gets `rest`, and sees it when it was held long enough."""
        conversation.is_cut = True
        conversation.client.close()
        if held_seconds:
            await asyncio.sleep(held_seconds)
        with contextlib.suppress(OSError):
            conversation.computer.write(rest)
            await conversation.computer.drain()
        conversation.computer.close()

    def _end(self, conversation: Conversation) -> None:
        conversation.client.close()
        conversation.computer.close()

    def _run(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

"""Follows a stream for as long as there is something to hear, on as many connections as that takes."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Final, cast

import anyio
import httpx

from tallylight.client.heard import End, Message, State, heard
from tallylight.client.patience import Patience, passes
from tallylight.client.polling import Poll, poll_of
from tallylight.client.refusals import is_untrusted, no_stream, refusal
from tallylight.clock import Clock, SystemClock
from tallylight.errors import BadParameters, Refused, ServerUnreachable
from tallylight.live.parser import Event, Parser

log: Final = logging.getLogger(__name__)

_STREAM: Final = "text/event-stream"
#: Seconds to connect in, and to get a request out.
_CONNECT: Final = 10.0


def follow(
    url: str,
    *,
    last_event_id: str = "",
    headers: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    http: httpx.AsyncClient | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[Message]:
    """Every message of a stream, resumed by itself wherever a connection ends: an `async for` over it lasts until the
    session is at rest (its `End` is the last) or, on a shared stream, for ever.

    Guarantees: the first message is the present state and comes at once; a state is never older than one before, unless
    a `Reset` came between; the end of a session is told however often the connection broke. States in between may be
    left out: each is whole. Where something on the way holds the stream back, and the address is one of Tallylight's
    own, the states are polled instead.

    `url` is a stream's address, with `?outcomes=1` where single files are wanted too. `last_event_id` is the `position`
    of a message of before. `headers` go with each request: `{"Authorization": "Bearer …"}` where the server wants a
    token. `http` is a client of your own (its certificates, its proxies); it stays open.

    Raises BadParameters for an address that is none; while it is iterated over, NotFound and Refused with the server's
    own words where it says no for good, Refused where its certificate is not trusted, and ServerUnreachable once
    `patience.absence` is over. `aclose()` ends the connection.
    """
    if httpx.URL(url).scheme not in {"http", "https"}:
        raise BadParameters(f"{url} is no address of a stream; it begins with http:// or https://.")
    following = Following(
        url, last_event_id, headers=headers or {}, patience=patience or Patience(), clock=clock or SystemClock()
    )
    return following.messages(http)


class Following:
    """One client of a stream: what it has heard, over all its connections."""

    def __init__(
        self, url: str, last_event_id: str = "", *, headers: Mapping[str, str], patience: Patience, clock: Clock
    ) -> None:
        self.position = last_event_id  #: what it comes back with
        self.connections = 0  #: attempts so far
        self._url = url
        self._headers = dict(headers)
        self._patience = patience
        self._clock = clock
        self._poll: Poll | None = None
        self._is_over = False
        self._asked: float | None = None  #: seconds that the server wants to be left alone
        self._failures = 0  #: attempts in a row that brought nothing
        self._why: Exception | None = None  #: of the newest
        self._heard_at = clock.monotonic()
        self._has_heard = False
        self._seqs: dict[str, int] = {}

    async def messages(self, http: httpx.AsyncClient | None = None) -> AsyncGenerator[Message]:
        """As `follow`."""
        async with self._client(http) as client:
            while not self._is_over:
                self.connections += 1
                attempt = self._polled(client) if self._poll is not None else self._streamed(client)
                async with aclosing(attempt) as told:
                    async for message in told:
                        if self._is_news(message):
                            yield message
                        self._is_over |= isinstance(message, End) and self._is_last(message)
                if not self._is_over:
                    await self._rest()

    @property
    def is_polling(self) -> bool:
        """Whether the stream does not get through, and its states are polled."""
        return self._poll is not None

    def _client(self, http: httpx.AsyncClient | None) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return nullcontext(http) if http is not None else httpx.AsyncClient()

    async def _streamed(self, client: httpx.AsyncClient) -> AsyncGenerator[Message]:
        """What one connection brings, until it ends in whichever way."""
        self._failures += 1
        try:
            answer = await self._opened(client)
            if answer is not None:
                async with aclosing(answer), aclosing(self._read(answer)) as told:
                    async for message in told:
                        yield message
        except httpx.RequestError as error:
            self._note_failure(error)

    async def _opened(self, client: httpx.AsyncClient) -> httpx.Response | None:
        """The answer that is a stream; None where there is none for now. Raises what says no for good."""
        come_back = {"last-event-id": self.position} if self.position else {}
        headers = {**self._headers, "accept": _STREAM, "cache-control": "no-store", **come_back}
        request = client.build_request("GET", self._url, headers=headers, timeout=self._timeout(self._patience.silence))
        with anyio.move_on_after(self._patience.first_word) as waiting:
            answer = await client.send(request, stream=True)
        if waiting.cancelled_caught:
            # It may also be that nobody is there: then the poll will say so.
            self._turn_to_poll()
            return None
        if answer.status_code == httpx.codes.OK and _kind(answer) == _STREAM:
            return answer
        async with aclosing(answer):
            await answer.aread()
        self._note_refusal(answer)
        return None

    def _note_failure(self, error: httpx.RequestError) -> None:
        # One that was trusted before and is not any more may be about to be renewed.
        if not self._has_heard and is_untrusted(error):
            raise Refused(f"The certificate of {self._url} is not trusted ({error}); give its authority's.") from error
        self._why = error

    def _note_refusal(self, answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.NO_CONTENT:
            # To whom the end was told already.
            self._is_over = True
        elif answer.status_code == httpx.codes.OK:
            raise no_stream(answer)
        elif passes(answer.status_code):
            self._why, self._asked = refusal(answer), _retry_after(answer)
        else:
            raise refusal(answer)

    async def _read(self, answer: httpx.Response) -> AsyncGenerator[Message]:
        parser, chunks = Parser(), answer.aiter_bytes()
        chunk = await self._first(chunks)
        while chunk is not None:
            for event in parser.feed(chunk):
                self._note_life()
                # A heartbeat of a connection that has told nothing yet carries none.
                self.position = event.id or self.position
                if (message := self._heard(event)) is not None:
                    yield message
            if parser.retry_ms is not None:
                self._asked = parser.retry_ms / 1000
            chunk = await anext(chunks, None)

    async def _first(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """The first bytes. Those that do not come are held back by something on the way: streams begin at once."""
        with anyio.move_on_after(self._patience.first_word) as waiting:
            return await anext(chunks, None)
        if waiting.cancelled_caught:
            self._turn_to_poll()
        return None

    def _turn_to_poll(self) -> None:
        self._poll = poll_of(self._url)
        if self._poll is not None:
            log.info("the stream %s does not get through; polling instead", self._url)

    def _heard(self, event: Event) -> Message | None:
        try:
            return heard(event)
        except ValueError as error:
            raise Refused(f"{self._url} streams something else than the progress of sessions: {error}.") from error

    def _note_life(self) -> None:
        self._failures, self._why, self._has_heard = 0, None, True
        self._heard_at = self._clock.monotonic()

    async def _polled(self, client: httpx.AsyncClient) -> AsyncGenerator[Message]:
        """What one answer to a poll brings."""
        self._failures += 1
        poll = cast("Poll", self._poll)
        try:
            answer = await client.get(poll.url, headers=self._headers, timeout=self._timeout(poll.patience))
        except httpx.RequestError as error:
            self._note_failure(error)
            return
        if answer.status_code == httpx.codes.OK:
            self._note_life()
            self._asked = 0.0
            for message in poll.heard(answer.json()):
                yield message
        else:
            self._note_refusal(answer)

    def _timeout(self, silence: float) -> httpx.Timeout:
        return httpx.Timeout(_CONNECT, read=silence)

    def _is_news(self, message: Message) -> bool:
        """Whether it was not told before on another connection. Notes what is told."""
        if not isinstance(message, State):
            self._seqs.clear()
            return True
        is_older = message.seq < self._seqs.get(message.session_id, 0)
        self._seqs[message.session_id] = max(message.seq, self._seqs.get(message.session_id, 0))
        return not is_older

    def _is_last(self, end: End) -> bool:
        # The id of an end on a stream of its own says so; a poll is about one session where its address names one.
        return end.position.endswith(".end") or (self._poll is not None and self._poll.is_of_one)

    async def _rest(self) -> None:
        """Wait before the next attempt. Raises ServerUnreachable where there is to be none."""
        silent_for = self._clock.monotonic() - self._heard_at
        if self._patience.has_enough(silent_for):
            raise ServerUnreachable(
                f"Nothing was heard from {self._url} for {silent_for:.0f} s ({self._why or 'nothing came'}); see "
                "that the server runs, and try again."
            ) from self._why
        # A connection that brought something and ended is one to come back to; only those that brought nothing count.
        pause = self._patience.pause(self._failures, self._asked, random.random())  # noqa: S311 (guards nothing)
        await self._clock.sleep_until(self._clock.monotonic() + pause)


def _kind(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip()


def _retry_after(answer: httpx.Response) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None

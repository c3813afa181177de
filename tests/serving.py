"""The command line as real processes: a server on a port of the system's choice, and a client of its streams."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Self

import pytest
from PIL import Image

from tallylight.clock import SystemClock
from tallylight.live import Event, Parser
from tallylight.model import Json

#: Seconds after which whoever waits has failed; far beyond what a busy machine needs.
ALARM = 40.0
TALLYLIGHT = (str(Path(sys.executable).with_name("tallylight")),)
#: Root passes by every permission. Without these two capabilities it is, for files, a user like any other, and can
#: still reach an interpreter that is installed where no other user may look.
_DROPPED = "-dac_override,-dac_read_search"
_WITHOUT_PRIVILEGE = ("setpriv", f"--bounding-set={_DROPPED}", f"--inh-caps={_DROPPED}")

_clock = SystemClock()


def run(*arguments: object, prefix: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run `tallylight` with these arguments to its end."""
    return subprocess.run(
        [*prefix, *TALLYLIGHT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=ALARM,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def messages(output: str) -> list[Json]:
    """The lines that `--json` wrote."""
    return [json.loads(line) for line in output.splitlines()]


def has_ended(events: Sequence[Event]) -> bool:
    """Whether a session's end was told. On the shared stream a heartbeat may follow it."""
    return any(event.name == "end" for event in events)


class Server:
    """`tallylight serve` over one root. Running from `start` until `stop` or `kill`; may be started again."""

    #: What stands before its address in what it writes.
    says = "live at "
    #: How it ends after a signal.
    exit_statuses: Mapping[int, int] = {signal.SIGTERM: 0, signal.SIGINT: 0}

    def __init__(self, root: Path, data: Path, *, jobs: int = 1, prefix: Sequence[str] = ()) -> None:
        self.root = root
        self.data = data
        self.url = ""
        self.output: list[str] = []
        self.jobs = jobs
        self._prefix = prefix
        self._wrote = threading.Condition()
        self._at = 0
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Return once requests are answered."""
        ready = threading.Event()
        self.output = []
        process = self._process = subprocess.Popen(
            [*self._prefix, *self.command()],
            env=os.environ | self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout, ready), daemon=True)
        self._reader.start()
        assert ready.wait(ALARM), f"the server did not start: {self.output}"
        assert self.url, f"the server did not start: {self.output}"
        return self

    def start_at(self, port: int) -> Self:
        """`start`, where it was before."""
        self._at = port
        return self.start()

    def command(self) -> list[str]:
        """What is run."""
        where = ["--root", str(self.root), "--data", str(self.data), "--port", str(self._at), "--jobs", str(self.jobs)]
        return [*TALLYLIGHT, "serve", *where]

    def environment(self) -> dict[str, str]:
        """What its environment has besides ours."""
        return {}

    def headers(self) -> dict[str, str]:
        """What each request to it carries."""
        return {}

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal; returns the seconds until the server had gone."""
        assert self._process is not None
        before = _clock.monotonic()
        self._process.send_signal(number)
        self._process.wait(ALARM)
        took = _clock.monotonic() - before
        self._join()
        return took

    @property
    def exit_status(self) -> int | None:
        assert self._process is not None
        return self._process.returncode

    def kill(self) -> None:
        """`kill -9`: nothing of it gets to tidy up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(ALARM)
        self._join()

    def request(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one request."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=ALARM)
        try:
            content = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, content, headers | self.headers())
            answer = connection.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON of a GET that is answered with `status`."""
        answered, _, body = self.request("GET", path)
        assert answered == status, body
        return json.loads(body)

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        """The JSON of a POST that is answered with `status`."""
        answered, _, told = self.request("POST", path, body)
        assert answered == status, told
        return json.loads(told)

    def process(self, **parameters: object) -> str:
        """Start a session over the root; returns its id."""
        asked = {"directory": str(self.root), **parameters}
        session_id: str = self.post("/api/ingest/process", {"parameters": asked})["session_id"]
        return session_id

    def finished(self, session_id: str) -> Json:
        """Follow a session to its end; returns its last message."""
        with self.stream(f"/api/ingest/stream/{session_id}") as stream:
            stream.until(has_ended)
            return stream.states[-1]

    def raw(self, sent: bytes) -> socket.socket:
        """A connection on which so much was sent, and from which nothing is read."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        connection = socket.create_connection((host, int(port)), ALARM)
        connection.sendall(sent)
        return connection

    @contextmanager
    def stream(self, path: str, *, last_event_id: str = "") -> Iterator[Stream]:
        """A client of a stream, connected while the context is open."""
        stream = Stream(self.url.removeprefix("http://"), path, last_event_id, self.headers())
        try:
            yield stream
        finally:
            stream.close()

    def says_also(self, words: str) -> None:
        """Wait until it has written this."""
        with self._wrote:
            assert self._wrote.wait_for(lambda: words in "".join(self.output), ALARM), f"not in {self.output}"

    def _read(self, lines: Iterator[str], ready: threading.Event) -> None:
        self.url = ""
        for line in lines:
            with self._wrote:
                self.output.append(line)
                self._wrote.notify_all()
            if not self.url and self.says in line:
                self.url = line.partition(self.says)[2].split()[0]
                ready.set()
        ready.set()

    def _join(self) -> None:
        assert self._reader is not None
        assert self._process is not None
        self._reader.join(ALARM)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Stream:
    """Reads one event stream in a thread of its own, as a client of a real socket does."""

    def __init__(
        self, address: str, path: str, last_event_id: str = "", further: Mapping[str, str] | None = None
    ) -> None:
        self.events: list[Event] = []
        self.retry_ms: int | None = None
        self.is_over = False  #: the server ended it, in whichever way
        self._parser = Parser()
        self._moved = threading.Condition()
        self._connection = HTTPConnection(address, timeout=ALARM)
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_event_id} if last_event_id else {})}
        headers |= further or {}
        self._connection.request("GET", path, headers=headers)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self._thread = threading.Thread(target=self._read, args=(self._answer,), daemon=True)
        self._thread.start()

    @property
    def states(self) -> list[Json]:
        """The state messages so far."""
        return [json.loads(event.data) for event in self.events if event.name == "message"]

    @property
    def last_event_id(self) -> str:
        return self._parser.last_event_id

    @property
    def processed(self) -> int:
        """So many files are done, by the newest state; none before the first, which outcomes may come ahead of."""
        return int(self.states[-1]["processed_files"]) if self.states else 0

    def until(self, met: Callable[[list[Event]], bool]) -> list[Event]:
        """Wait until the events so far, at least one, meet a condition."""
        with self._moved:
            happened = self._moved.wait_for(lambda: self.is_over or (self.events and met(self.events)), ALARM)
            assert happened, "the alarm rang"
            assert self.events, f"the stream, answered with {self.status}, ended before its first event"
            assert met(self.events), f"the stream ended with {self.events[-1]}"
            return list(self.events)

    def until_over(self) -> list[Event]:
        """Wait until the server has ended it."""
        with self._moved:
            assert self._moved.wait_for(lambda: self.is_over, ALARM), "the alarm rang"
            return list(self.events)

    def close(self) -> None:
        """Go away."""
        if self._connection.sock is not None:
            # close() alone would wait for the reading thread, which waits for the server.
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(ALARM)
        self._answer.close()
        self._connection.close()

    def _read(self, answer: HTTPResponse) -> None:
        # A connection that breaks is for a client an end like any other.
        with suppress(OSError, HTTPException, ValueError):
            while piece := answer.read1(1 << 16):
                with self._moved:
                    self.events += self._parser.feed(piece)
                    self.retry_ms = self._parser.retry_ms
                    self._moved.notify_all()
        with self._moved:
            self.is_over = True
            self._moved.notify_all()


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those they did (Linux)."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found |= {child} | descendants(child)
    return found


def gone(pids: set[int]) -> bool:
    """Wait until these processes, which are nobody's children here, have ended; False when the alarm rings first."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([descriptor], [], [], ALARM)[0]:
                return False
        finally:
            os.close(descriptor)
    return True


def slow_picture(folder: Path) -> Path:
    """A picture that takes about half a second: whoever looks in the middle of a run over many finds the middle."""
    path = folder / "slow.png"
    Image.new("RGB", (7000, 7000), (9, 99, 200)).save(path, compress_level=1)
    return path


def many(picture: Path, folder: Path, count: int) -> Path:
    """The same picture under so many names; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"slow_{number:03}.png").hardlink_to(picture)
    return folder


@cache
def unprivileged() -> tuple[str, ...]:
    """What to put before a command so that permissions hold for it. Skips the test where root cannot be held back."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads everything, and there is no setpriv (util-linux) to hold it back")
    # CAP_DAC_OVERRIDE is bit 1 and CAP_DAC_READ_SEARCH bit 2 (capabilities(7)).
    probe = subprocess.run(
        [*_WITHOUT_PRIVILEGE, "grep", "^CapEff", "/proc/self/status"], capture_output=True, text=True, check=False
    )
    if probe.returncode or int(probe.stdout.split()[1], 16) & 0b110:
        pytest.skip(f"root reads everything here and cannot be held back: {probe.stderr.strip() or probe.stdout}")
    return _WITHOUT_PRIVILEGE

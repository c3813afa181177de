"""What sessions and the catalog should be after any commands in any order: a simple model, to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Ends of the process after which a file that was under way each time may be taken for the culprit.
MANY_ENDS: Final = 3

#: What a file holds; None while there is none.
Content = str | None


def is_bad(content: str) -> bool:
    return content.startswith("bad")


@dataclass(kw_only=True)
class Layer:
    """What one session wrote at a path, over whatever lies below."""

    session_id: str
    content: str
    is_undoable: bool = True  #: until its session is deleted


@dataclass(kw_only=True)
class Session:
    """One session. `seen` is what each of its files has held since it began, so what a worker may have found."""

    session_id: str
    status: str
    unchanged: int
    seen: dict[str, set[Content]]
    outcomes: dict[str, str] = field(default_factory=dict)  #: content that was extracted, or a reason for failure
    ends: int = 0  #: of the process while it was being worked on
    retrying: set[str] = field(default_factory=set)
    is_settling: bool = False  #: cancelled, and nobody has looked yet what it had
    committed: int = 0  #: files of its newest commit

    @property
    def failed(self) -> set[str]:
        return {name for name, outcome in self.outcomes.items() if outcome in FAILURES}

    @property
    def extracted(self) -> dict[str, str]:
        return {name: outcome for name, outcome in self.outcomes.items() if outcome not in FAILURES}

    def allowed(self, name: str) -> set[str]:
        """What may have become of a file."""
        possible = set()
        for content in self.seen[name]:
            possible.add("vanished" if content is None else "damaged" if is_bad(content) else content)
        return possible | ({"crashed"} if self.ends >= MANY_ENDS else set())


FAILURES: Final = frozenset({"vanished", "damaged", "crashed"})
MOVING: Final = frozenset({"processing", "paused"})
REVIEWABLE: Final = frozenset({"completed", "cancelled"})


class Refused(Exception):
    """The command is not allowed as things stand."""


class Reference:
    """Disk, catalog and sessions, as plain dictionaries. Commands raise Refused where the real ones must refuse."""

    def __init__(self) -> None:
        self.disk: dict[str, str] = {}
        self.stacks: dict[str, list[Layer]] = {}
        self.sessions: dict[str, Session] = {}

    @property
    def catalog(self) -> dict[str, str]:
        return {name: stack[-1].content for name, stack in self.stacks.items() if stack}

    def put(self, name: str, content: Content) -> None:
        if content is None:
            self.disk.pop(name, None)
        else:
            self.disk[name] = content
        for session in self.sessions.values():
            if name in session.seen:
                session.seen[name].add(content)

    def start(self, session_id: str) -> None:
        catalog = self.catalog
        new = {name: {content} for name, content in self.disk.items() if catalog.get(name) != content}
        self.sessions[session_id] = Session(
            session_id=session_id,
            status="processing",
            unchanged=len(self.disk) - len(new),
            seen=new,  # type: ignore[arg-type]
        )

    def pause(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in MOVING)
        session.status = "paused"

    def resume(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in MOVING)
        session.status = "processing"

    def cancel(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in MOVING or session.status == "cancelled")
        session.is_settling = session.status != "cancelled"
        session.status = "cancelled"

    def retry(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in REVIEWABLE and bool(session.failed))
        session.status, session.ends = "processing", 0
        session.retrying = session.failed
        for name in session.retrying:
            # Whatever it held before: it is read anew.
            session.seen[name] = {self.disk.get(name)}

    def delete(self, session_id: str) -> None:
        del self.sessions[session_id]
        for stack in self.stacks.values():
            for layer in stack:
                layer.is_undoable = layer.is_undoable and layer.session_id != session_id

    def commit(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in REVIEWABLE | {"committed", "undone"})
        if session.status == "committed":
            return
        session.status, session.committed = "committed", len(session.extracted)
        for name, content in session.extracted.items():
            self._write(name, session_id, content)

    def _write(self, name: str, session_id: str, content: str) -> None:
        stack = self.stacks.setdefault(name, [])
        if stack and stack[-1].content == content:
            return
        # Written again over another's: it counts as the later of the two.
        stack[:] = [layer for layer in stack if layer.session_id != session_id]
        stack.append(Layer(session_id=session_id, content=content))

    def check_undo(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in {"committed", "undone"})
        if session.status == "undone":
            return
        own = [
            stack
            for stack in self.stacks.values()
            if any(layer.session_id == session_id and layer.is_undoable for layer in stack)
        ]
        _demand(not any(stack[-1].session_id != session_id and stack[-1].is_undoable for stack in own))
        _demand(any(stack[-1].session_id == session_id for stack in own) or not session.committed)

    def undo(self, session_id: str) -> None:
        self.check_undo(session_id)
        self.sessions[session_id].status = "undone"
        for stack in self.stacks.values():
            if stack and stack[-1].session_id == session_id:
                stack.pop()
            else:
                for layer in stack:
                    # Under what can no longer be undone: it stays, and can itself be undone no more.
                    layer.is_undoable = layer.is_undoable and layer.session_id != session_id

    def end_of_process(self) -> None:
        for session in self.sessions.values():
            session.ends += session.status in MOVING

    def finish(self, session_id: str, outcomes: dict[str, str]) -> None:
        """A session has come to its end with these outcomes, which must be possible."""
        session = self.sessions[session_id]
        self.adopt(session_id, outcomes)
        stale = {name for name in session.retrying if outcomes[name] not in session.allowed(name)}
        assert not stale, f"{stale} were not tried again"
        assert set(session.outcomes) == set(session.seen) or session.retrying, "a file has no outcome"
        is_whole = set(session.outcomes) == set(session.seen)
        session.status = "completed" if is_whole else "cancelled"
        session.retrying = set()

    def adopt(self, session_id: str, outcomes: dict[str, str]) -> None:
        """A session that is worked on, or was, has these outcomes by now. None of before may be missing or other."""
        session = self.sessions[session_id]
        for name, outcome in session.outcomes.items():
            assert name in outcomes, f"{name} had an outcome that was shown"
            assert outcomes[name] == outcome or name in session.retrying, f"{name} has another outcome than was shown"
        for name, outcome in outcomes.items():
            known = {session.outcomes[name]} if name in session.outcomes else set()
            assert outcome in session.allowed(name) | known, f"{name}: {outcome} cannot be"
        session.outcomes = dict(outcomes)


def _demand(is_allowed: bool) -> None:
    if not is_allowed:
        raise Refused

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
    is_missing: bool = False  #: marked, over the same content
    is_undoable: bool = True  #: until its session is deleted


@dataclass(kw_only=True)
class Session:
    """One session. `seen` is what each of its files has held since it began, so what a worker may have found."""

    session_id: str
    status: str
    unchanged: int
    seen: dict[str, set[Content]]
    missing: set[str]  #: files of the catalog that it did not find
    found: set[str]  #: files that were marked as missing and that it found
    outcomes: dict[str, str] = field(default_factory=dict)  #: content that was extracted, or a reason for failure
    ends: int = 0  #: of the process while it was being worked on
    retrying: set[str] = field(default_factory=set)
    is_settling: bool = False  #: cancelled, and nobody has looked yet what it had
    is_doubted: bool = False  #: it was held, and nobody has confirmed it
    set_aside: set[str] = field(default_factory=set)
    committed: int = 0  #: files that its newest commit stored
    refused: int = 0  #: files that it did not take, because they were changed since they were read

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
MOVING: Final = frozenset({"processing", "paused", "held"})
REVIEWABLE: Final = frozenset({"completed", "cancelled"})
COMMITTABLE: Final = REVIEWABLE | {"commit_error", "undone"}

#: Of a folder that holds some, so many files must be lost, and more than this share, before the guard doubts it.
MANY_LOST: Final = 3
SHARE_LOST: Final = 0.2


class Refused(Exception):
    """The command is not allowed as things stand."""


class Reference:
    """Disk, catalog and sessions, as plain dictionaries. Commands raise Refused where the real ones must refuse."""

    def __init__(self) -> None:
        self.disk: dict[str, str] = {}
        self.stacks: dict[str, list[Layer]] = {}
        self.sessions: dict[str, Session] = {}

    @property
    def tops(self) -> dict[str, Layer]:
        """What counts at each path of the catalog."""
        return {name: stack[-1] for name, stack in self.stacks.items() if stack}

    @property
    def catalog(self) -> dict[str, tuple[str, bool]]:
        """The content at each path, and whether it is marked as missing."""
        return {name: (top.content, top.is_missing) for name, top in self.tops.items()}

    def put(self, name: str, content: Content) -> None:
        if content is None:
            self.disk.pop(name, None)
        else:
            self.disk[name] = content
        for session in self.sessions.values():
            if name in session.seen:
                session.seen[name].add(content)

    def start(self, session_id: str) -> None:
        tops, is_held = self.tops, self._is_strange()
        new = {name: {content} for name, content in self.disk.items() if self._differs(name, content)}
        self.sessions[session_id] = Session(
            session_id=session_id,
            status="held" if is_held else "processing",
            unchanged=len(self.disk) - len(new),
            seen=new,  # type: ignore[arg-type]
            missing=tops.keys() - self.disk.keys(),
            found={name for name, top in tops.items() if top.is_missing and name in self.disk},
            is_doubted=is_held,
        )

    def _is_strange(self) -> bool:
        """Whether the guard doubts the disk. What was marked before is no loss again."""
        known = {name for name, top in self.tops.items() if not top.is_missing}
        lost = len(known - self.disk.keys())
        return lost > 0 and (not self.disk or (lost >= MANY_LOST and lost > SHARE_LOST * len(known)))

    def _differs(self, name: str, content: Content) -> bool:
        return name not in self.tops or self.tops[name].content != content

    def pause(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in {"processing", "paused"})
        session.status = "paused"

    def resume(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in MOVING)
        if session.status == "held":
            # Confirmed, once and for all.
            session.is_doubted = False
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

    def set_aside(self, session_id: str, names: set[str], aside: bool) -> int:
        """Returns of how many files that was a change."""
        session = self.sessions[session_id]
        _demand(session.status in COMMITTABLE)
        chosen = names & self._stored(session).keys()
        before = len(session.set_aside)
        session.set_aside = session.set_aside | chosen if aside else session.set_aside - chosen
        return abs(len(session.set_aside) - before)

    def commit(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in COMMITTABLE | {"committed"})
        if session.status == "committed":
            return
        wanted = {name: one for name, one in self._stored(session).items() if name not in session.set_aside}
        as_read = {name: content for name, content in wanted.items() if self.disk.get(name) == content}
        session.committed, session.refused = len(as_read), len(wanted) - len(as_read)
        session.status = "commit_error" if session.refused and not session.committed else "committed"
        for name, content in as_read.items():
            self._write(name, session_id, content)
        if not session.is_doubted:
            self._mark(session)

    def _stored(self, session: Session) -> dict[str, str]:
        """The files of a session of which a commit would store something else than is stored."""
        return {name: content for name, content in session.extracted.items() if self._differs(name, content)}

    def _mark(self, session: Session) -> None:
        for name in session.missing & self.tops.keys() - self.disk.keys():
            self._write(name, session.session_id, self.tops[name].content, is_missing=True)
        for name in session.found & self.tops.keys() & self.disk.keys():
            self._write(name, session.session_id, self.tops[name].content)

    def _write(self, name: str, session_id: str, content: str, *, is_missing: bool = False) -> None:
        stack = self.stacks.setdefault(name, [])
        if stack and (stack[-1].content, stack[-1].is_missing) == (content, is_missing):
            return
        # Written again over another's: it counts as the later of the two.
        stack[:] = [layer for layer in stack if layer.session_id != session_id]
        stack.append(Layer(session_id=session_id, content=content, is_missing=is_missing))

    def check_undo(self, session_id: str) -> None:
        session = self.sessions[session_id]
        _demand(session.status in {"committed", "commit_error", "undone"})
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

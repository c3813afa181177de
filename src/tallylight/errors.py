"""Every error Tallylight raises on purpose.

    TallylightError
    ├── BadInput               what was asked cannot be done as asked
    │   ├── BadFolder          a folder that is missing, unreadable, a file, or outside the roots
    │   ├── BadParameters      an option out of its range, or one this installation cannot serve
    │   └── BadPath            a path that cannot name a file inside a root
    ├── NotFound               no such session, item or medium
    ├── WrongMove              a command that the session's status does not allow
    │   └── PreviewChanged     a commit of what was shown, when it would do something else by now
    ├── NoQueue                a session of an earlier version that cannot go on
    ├── OwnedElsewhere         another process works on the session
    ├── LeaseLost              another process took the session over from this one
    ├── Refused                a server answers that it will not, or is no server of ours
    ├── NotAdmitted            a server wants a token that was not shown
    ├── TooManyReaders         the cap on streams is reached
    ├── ServerUnreachable      the server that owns the data folder does not answer
    └── StorageFailed          what is stored cannot be read or written
        ├── DataFolderBusy     another process owns the data folder
        ├── DataFolderUnusable the data folder cannot be made, read or written
        └── DatabaseUnusable   a database elsewhere cannot be reached or written

Each message is a sentence for people and says what to do next. A bad media *file* is never an error: it is an outcome.
"""

from __future__ import annotations


class TallylightError(Exception):
    """Something went wrong that Tallylight foresaw; the message says what to do."""

    #: A short, stable word for programs: the `code` of problem JSON and of `error` in a session's message.
    code = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class BadInput(TallylightError):
    """What was asked cannot be done as asked."""

    code = "bad_input"


class BadFolder(BadInput):
    """The folder cannot be scanned."""

    code = "bad_folder"


class BadParameters(BadInput):
    """An option is out of its range."""

    code = "bad_parameters"


class BadPath(BadInput):
    """The path does not name a file inside a root."""

    code = "bad_path"


class NotFound(TallylightError):
    """There is no such thing; `tallylight sessions` lists the sessions."""

    code = "not_found"


class WrongMove(TallylightError):
    """The session's status does not allow this."""

    code = "wrong_move"


class PreviewChanged(WrongMove):
    """This commit would not do what was shown: the catalog, or what is set aside, has changed. Look at it again."""

    code = "preview_changed"


class NoQueue(TallylightError):
    """An earlier version kept no queue to go on with; commit what it had, and start another session."""

    code = "no_queue"


class OwnedElsewhere(TallylightError):
    """Another process works on this session; ask that one, or wait until it is done."""

    code = "owned_elsewhere"

    def __init__(self, message: str | None = None, url: str = "", secret: str = "") -> None:
        super().__init__(message)
        self.url = url  #: where that process is reached; empty where it is no server, or on another machine
        self.secret = secret  #: what lets its own user in there, where that is needed


class LeaseLost(TallylightError):
    """Another process took this session over, because this one stood still for too long; it goes on there."""

    code = "lease_lost"


class Refused(TallylightError):
    """The server will not do this."""

    code = "refused"


class NotAdmitted(TallylightError):
    """The server wants a token; log in, or send it as `Authorization: Bearer TOKEN`."""

    code = "not_admitted"


class TooManyReaders(TallylightError):
    """This server has as many readers as it may; try again in half a minute."""

    code = "full"


class StorageFailed(TallylightError):
    """What is stored cannot be read or written just now; nothing that was stored is lost."""

    code = "storage_failed"


class DataFolderBusy(StorageFailed):
    """Another process owns the data folder; stop it or choose another with --data."""

    code = "data_folder_busy"

    def __init__(self, message: str | None = None, url: str = "", database: str = "", secret: str = "") -> None:
        super().__init__(message)
        self.url = url  #: where that process is reached; empty where it is no server
        self.secret = secret  #: what lets its own user in there, where that is needed
        self.database = database  #: `Settings.database_mark` of that process, where it is a server


class ServerUnreachable(TallylightError):
    """The server does not answer; see that it runs, and try again."""

    code = "server_unreachable"


class DataFolderUnusable(StorageFailed):
    """The data folder cannot be used; choose another with --data."""

    code = "data_folder_unusable"


class DatabaseUnusable(StorageFailed):
    """The database cannot be used; check that it runs and what --database says."""

    code = "database_unusable"

"""All that is particular to PostgreSQL: its connections and its errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, ExceptionContext, TextClause, create_engine, event, text
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from tallylight.encoding import decoded, encoded
from tallylight.errors import BadParameters, DatabaseUnusable, TallylightError

READERS: Final = 8
#: Seconds to wait for a connection; a server that does not answer is soon told of.
CONNECT_S: Final = 10
#: Any number will do that nobody else takes: of two processes that upgrade one database the second waits.
_UPGRADING: Final = 0x7A11_1167
_WRITING: Final = 0x7A11_1168 - 2**31
#: Milliseconds that a transaction which writes may wait for its own process. One that was suspended in the middle of it
#: would otherwise keep all others from writing; this is less than a lease.
_IDLE_MS: Final = 10_000

_TURN: Final = text("SELECT pg_advisory_xact_lock(:writing, hashtext(current_schema()))").bindparams(writing=_WRITING)
#: Names are of a whole database, which may hold a Tallylight in each of its schemas.
_CHANNEL: Final = "'tallylight_' || to_hex(hashtext(current_schema()))"


def engine_for_writing(url: URL) -> Engine:
    """One connection, for one thread at a time. Writers of several processes take turns: see `take_turn`."""
    return _engine(url, read_only=False, isolation_level="READ COMMITTED", pool_size=1)


def engine_for_leases(url: URL) -> Engine:
    """Connections for short changes of who owns what, which wait for no turn."""
    return _engine(url, read_only=False, isolation_level="READ COMMITTED", pool_size=2)


def engine_for_reading(url: URL) -> Engine:
    """A few connections for any thread; each transaction sees one moment of the database."""
    return _engine(url, read_only=True, isolation_level="REPEATABLE READ", pool_size=READERS)


def wait_for_turn(connection: Connection) -> None:
    """Until this transaction ends, no other process upgrades the same database."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _UPGRADING})


def take_turn(connection: Connection) -> None:
    """Until this transaction ends, no other process writes to the same schema: as on SQLite, there is one writer at a
    time, so none sees half of what another does, and none waits for one that waits for it.
    """
    connection.execute(_TURN)


def announcing(who: str) -> TextClause:
    """An expression that tells every listener to the same schema that `who` wrote, once that is committed."""
    return text(f"pg_notify({_CHANNEL}, :who)").bindparams(who=who)


class Listener:
    """Hears when others write. For one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = None

    def wait(self, seconds: float, me: str) -> bool:
        """Wait until somebody other than `me` has written, or the time is up; whether somebody has. Raises
        DatabaseUnusable where the server cannot be reached; the next call tries again.
        """
        try:
            if self._connection is None:
                self._connection = self._listening()
            for notice in self._connection.notifies(timeout=seconds):
                if notice.payload != me:
                    return True
        except Exception as error:
            self.close()
            raise translated(error, self._engine.url) or error from error
        return False

    def close(self) -> None:
        """Hear nothing more, until `wait` is called again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listening(self) -> Any:
        connection = self._engine.raw_connection()
        driver: Any = connection.driver_connection
        # Of its own: back in the pool it would hear for nobody.
        connection.detach()
        driver.rollback()
        driver.autocommit = True
        (channel,) = driver.execute(f"SELECT {_CHANNEL}").fetchone()
        driver.execute(f'LISTEN "{channel}"')
        return driver


def copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run a COPY … FROM STDIN with these rows: several times the speed of inserting them. The server is at the first
    ones while the last are made. Raises as `Connection.execute` does, and what making a row raises.
    """
    import psycopg  # noqa: PLC0415 (an extra: only where it is used)

    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copying:
            for row in rows:
                copying.write_row(row)
    except psycopg.Error as error:
        wrapped = DBAPIError.instance(statement, None, error, psycopg.Error)
        raise translated(error, connection.engine.url) or wrapped from error


def _engine(url: URL, *, read_only: bool, **options: Any) -> Engine:
    read = "on" if read_only else "off"
    # Whatever the server's own defaults are: a stored time must not depend on who reads it.
    given = str(url.query.get("options", ""))
    session = f"{given} -c default_transaction_read_only={read} -c timezone=UTC".strip()
    if read_only:
        # Filters of a preview are parameters that may be empty: a plan made for all of them at once (after the fifth
        # call, by itself) reads the whole table for the first page.
        session += " -c plan_cache_mode=force_custom_plan"
    else:
        session += f" -c idle_in_transaction_session_timeout={_IDLE_MS}"
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={
                "connect_timeout": CONNECT_S,
                "options": session,
                "application_name": "tallylight",
                # A server behind a pooler or a dead network must not hold a thread for a quarter of an hour.
                "tcp_user_timeout": 30_000,
            },
            poolclass=QueuePool,
            max_overflow=0,
            # A database that was restarted meanwhile costs a fresh connection, not an error.
            pool_pre_ping=True,
            json_serializer=encoded,
            json_deserializer=decoded,
            **options,
        )
    except (NoSuchModuleError, ModuleNotFoundError):
        raise BadParameters("PostgreSQL needs its driver; install it: pip install 'tallylight[postgres]'.") from None

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> BaseException | None:
        # SQLAlchemy itself tells by the driver's error whether a connection is dead, and makes another.
        return None if context.is_pre_ping else translated(context.original_exception, url)

    return engine


def translated(error: BaseException, url: URL) -> BaseException | None:
    """The error to raise in place of the driver's, where a person can act on it; else None.

    A value that has no place in the database stays the ValueError it was: SQLAlchemy would wrap it.
    """
    if isinstance(error, TallylightError | ValueError):
        return error
    import psycopg  # noqa: PLC0415 (an extra: only where it is used)

    where = f"{url.host or 'this machine'}/{url.database}"  # never the URL itself, which may hold a password
    said = _first_line(error)
    match error:
        case psycopg.errors.DiskFull():
            return DatabaseUnusable(f"The disk of the database {where} is full; free some space, then try again.")
        case psycopg.errors.InsufficientPrivilege() | psycopg.errors.ReadOnlySqlTransaction():
            return DatabaseUnusable(f"The database {where} cannot be written by this user ({said}); grant it.")
        case psycopg.errors.ProgramLimitExceeded():
            # A key too long for an index: this row's own trouble.
            return ValueError(said)
        case psycopg.errors.NumericValueOutOfRange():
            return OverflowError(said)
        case psycopg.errors.IdleInTransactionSessionTimeout():
            return DatabaseUnusable(
                f"This process stood still for so long that the database {where} gave up its write; try again."
            )
        case psycopg.OperationalError():
            return DatabaseUnusable(
                f"The database {where} cannot be reached ({said}); check that it runs and what --database says."
            )
        case _:
            return None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__

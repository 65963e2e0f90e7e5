"""What an error of a driver means: the database is away, a name is taken, or Ferry has a bug.

The drivers raise ``OperationalError`` for all three, so the numbers decide. What is not listed
here is a bug, and must show as one instead of "try again in a minute".
"""

from sqlalchemy import exc

_SQLITE_AWAY = frozenset(
    {
        5,  # BUSY: another process writes
        6,  # LOCKED
        8,  # READONLY
        10,  # IOERR
        11,  # CORRUPT
        13,  # FULL
        14,  # CANTOPEN
        15,  # PROTOCOL
        26,  # NOTADB
    }
)
_SQLITE_TAKEN = frozenset({1555, 2067, 2579})  # CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID
# https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference;
# below 1000 they are those of the server's own library, include/mysys_err.h
#: This server answers, but takes no changes: another one does by now. Read only by an option,
#: running in read-only mode, a node of Galera that is not ready.
_MARIADB_ELSEWHERE = frozenset({1290, 1836, 1047})
_MARIADB_AWAY = _MARIADB_ELSEWHERE | frozenset(
    {
        0,  # the driver's own: "Not connected"
        *(1, 3, 5, 20, 23),  # a file of the server's: not made, not written; memory, disk, files
        *range(2000, 3000),  # the client's: cannot connect, gone away, lost
        *(1020, 1021, 1028, 1041, 1114),  # changed meanwhile, disk, memory or table full
        *(1026, 1030, 1180, 1598),  # not written: a file, in the engine, at the COMMIT, the binlog
        *(1037, 1038, 1206),  # out of memory: in all, for sorting, for locks
        *(1040, 1135, 1203, 1226),  # too many connections, no thread for one
        *(1042, 1043, 1044, 1045, 1049, 1129, 1130),  # not let in
        *(1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1927),  # connection or server ended
        *(1205, 1213),  # lock wait too long, deadlock: rolled back
        *(1317, 1969, 4031),  # interrupted, too slow, idle too long
    }
)
_MARIADB_TAKEN = frozenset({1022, 1062, 1586})


def is_outage(error: BaseException) -> bool:
    """Return whether *error* says that the database is away or busy: trying again may help."""
    if isinstance(error, (exc.TimeoutError, OSError, EOFError)):  # the pool's, the socket's
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code = _sqlite_code(error)
    return _mariadb_code(error) in _MARIADB_AWAY if code is None else code & 0xFF in _SQLITE_AWAY


def is_elsewhere(error: BaseException | None) -> bool:
    """Return whether *error* says that another server than this one takes changes by now."""
    return isinstance(error, exc.DBAPIError) and _mariadb_code(error) in _MARIADB_ELSEWHERE


def is_taken(error: BaseException) -> bool:
    """Return whether *error* says that a unique value is there already."""
    if not isinstance(error, exc.IntegrityError):
        return False
    return _sqlite_code(error) in _SQLITE_TAKEN or _mariadb_code(error) in _MARIADB_TAKEN


def _sqlite_code(error: exc.DBAPIError) -> int | None:
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    return code


def _mariadb_code(error: exc.DBAPIError) -> int | None:
    details = getattr(error.orig, "args", ())
    return details[0] if details and isinstance(details[0], int) else None

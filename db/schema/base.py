"""What tables are made of.

InnoDB and ``utf8mb4_bin`` on MariaDB: text compares byte by byte there as on SQLite.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    false,
)

from db.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
NAME = String(63)
SLACK_ID = String(32)
_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def table(name: str, *columns: Any, **options: Any) -> Table:
    """Return a table with the options that every table has."""
    return Table(name, metadata, *columns, **_OPTIONS, **options)


def words(name: str, length: int = 255) -> Column[str]:
    """Return a column for a short text; empty where nothing is said."""
    return Column(name, String(length), nullable=False, default="", server_default="")


def count(name: str, start: int = 0) -> Column[int]:
    """Return a column for a whole number that begins at *start*."""
    return Column(name, Integer, nullable=False, default=start, server_default=str(start))


def created() -> Column[Any]:
    """Return the column that says when the row was made."""
    return Column("created_at", UtcDateTime, nullable=False)


def updated() -> Column[Any]:
    """Return the column that says when the row was changed last."""
    return Column("updated_at", UtcDateTime, nullable=False)


def flag(name: str) -> Column[bool]:
    """Return a column for yes or no; no where nothing is said."""
    return Column(name, Boolean, nullable=False, default=False, server_default=false())


def active() -> Column[bool]:
    """Return the column of soft deletion."""
    return Column("is_active", Boolean, nullable=False, default=True)

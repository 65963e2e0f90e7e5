"""Column types that mean the same on SQLite and MariaDB."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC with microseconds in the database.

    ``DateTime(timezone=True)`` comes back naive from MariaDB and loses its microseconds there.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Return DATETIME(6) on MariaDB and MySQL, the plain type elsewhere."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* as naive UTC; a naive one is a bug and raises ValueError."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* as aware UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def LongText() -> TypeEngine[str]:  # noqa: N802 - reads as a type in the schema
    """Return TEXT; on MariaDB the one that holds 16 MiB instead of 64 KiB."""
    return Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")

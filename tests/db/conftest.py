"""The tests here run on both databases."""

from tests.support.database import (
    clock,
    database,
    database_url,
    mariadb,
    migrated_file,
    sqlite_url,
)

__all__ = ["clock", "database", "database_url", "mariadb", "migrated_file", "sqlite_url"]

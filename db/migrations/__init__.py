"""The way from one schema to the next: Alembic, run from code and from the command line."""

from db.migrations.runner import check, revision, upgrade

__all__ = ["check", "revision", "upgrade"]

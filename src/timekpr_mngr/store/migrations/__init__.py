"""Alembic's migrations; `opening.upgrade` runs them at start."""

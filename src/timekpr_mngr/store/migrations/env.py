"""Run by Alembic for each command. The connection is given (`migrate.upgrade`); logging is left alone."""

from alembic import context

from timekpr_mngr.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # the caller's transaction holds all of it, on SQLite too
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

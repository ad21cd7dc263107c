"""Lists: nouns whose `list` need not be said (`drift` is `drift list`), and their pages."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from timekpr_mngr.texts import _

Limit = Annotated[int, typer.Option("--limit", help="How many at most.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="`next` of the answer before.")]


class Listing(TyperGroup):
    """A group of commands; what names none of them, and asks for no help, goes to `list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the word in where it was left out."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def more(answer: Any) -> Iterator[str]:
    """The last line of a page that others follow."""
    if answer["next"]:
        yield _("There are more: --cursor {cursor}").format(cursor=answer["next"])

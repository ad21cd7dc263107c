"""REST's objects as lines of text, in the words of the screens."""

from collections.abc import Iterator
from typing import Any

from timekpr_mngr.services.words import difference, exactly, value, wanted
from timekpr_mngr.texts import _, noop

ANSWERS = {"conflict": "theirs|ours|edit VALUE", "uncertain": "arrived|again"}
FOLLOWS = {
    "retry": noop("asks again for"),
    "answer": "answers",
    "undo": noop("takes back"),
    "back": noop("takes back after its day"),
}

MINUTE, SECOND = len("2026-11-21T14:10"), len("2026-11-21T14:10:07")


def at(instant: str, to: int = MINUTE) -> str:
    """`2026-11-21T14:10:07.5Z` → `2026-11-21 14:10Z`, or as exactly as `to` says."""
    return instant[:to].replace("T", " ") + "Z"


def where(item: dict[str, Any]) -> str:
    """`kids-pc/emma`, or `kids-pc` for what is the server's own."""
    return item["server"] if item["user"] is None else f"{item['server']}/{item['user']}"


def change(item: dict[str, Any]) -> str:
    """A change in one line."""
    parts = [f"#{item['id']}", where(item), f"{wanted(item['field'], item['after'])}:", _(item["state"])]
    if item["until"]:
        parts.append(_("(for {until} only)").format(until=item["until"]))
    if item["waits_for"]:
        parts.append(f"({item['waits_for']})")
    if item["gained_seconds"] is not None:
        parts.append(_("(gained {time})").format(time=exactly(item["gained_seconds"])))
    if item["answer"]:
        parts.append(
            _("(answered {answer} by {name})").format(answer=item["answer"], name=item["answered_by"])
        )
    if item["follows"]:
        parts.append(f"({_(FOLLOWS[item['follows_as']])} #{item['follows']})")
    if item["message"]:
        parts.append(f"– {item['message']}")
    return " ".join(parts)


def question(item: dict[str, Any]) -> Iterator[str]:
    """What stands under a change that asks: what there is to choose between, and how to answer."""
    if not item["asks"]:
        return
    if item["state"] == "conflict":
        base, theirs, ours = (value(item["field"], item[name]) for name in ("before", "theirs", "after"))
        yield _("    it was {base}; {server} had {theirs} instead; asked for was {ours}").format(
            base=base, server=item["server"], theirs=theirs, ours=ours
        )
    else:
        yield _("    before: {before}; then: {found}").format(
            before=_reading(item["readings"]["before"]), found=_reading(item["readings"]["found"])
        )
    yield f"    timekpr-mngr changes answer {item['id']} {ANSWERS[item['state']]}"


def moved(item: dict[str, Any]) -> str:
    """What somebody changed on a server: `Saturday: limit: 2 h → 3 h`."""
    return difference(item["field"], item["before"], item["after"])


def _reading(reading: dict[str, Any] | None) -> str:
    if reading is None:
        return _("not known")
    return _("time balance {balance}, used {used}").format(
        balance=exactly(reading["balance_seconds"]), used=exactly(reading["spent_seconds"])
    )

"""Backups: one sealed file with all rows, checked whole before it is put back, and what was there kept aside."""

from timekpr_mngr.store.backup.contents import Contents
from timekpr_mngr.store.backup.dump import Origin, dump
from timekpr_mngr.store.backup.inside import Inside, inside
from timekpr_mngr.store.backup.placing import Placed, Restoring, kept_aside, place, undo, workplace
from timekpr_mngr.store.backup.scratch import Scratch, checked
from timekpr_mngr.store.backup.unusable import Unusable

__all__ = [
    "Contents",
    "Inside",
    "Origin",
    "Placed",
    "Restoring",
    "Scratch",
    "Unusable",
    "checked",
    "dump",
    "inside",
    "kept_aside",
    "place",
    "undo",
    "workplace",
]

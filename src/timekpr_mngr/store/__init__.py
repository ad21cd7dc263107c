"""What is kept: SQLAlchemy and Alembic live here and nowhere else; only domain objects go out."""

from timekpr_mngr.store.audit import AuditEntry
from timekpr_mngr.store.change_query import ChangeQuery
from timekpr_mngr.store.changes import UNSET, Work
from timekpr_mngr.store.failure import StoreFailure
from timekpr_mngr.store.follows import Follows
from timekpr_mngr.store.history import ConfigVersion
from timekpr_mngr.store.queueing import Drafting, Order
from timekpr_mngr.store.search_word import SearchWord
from timekpr_mngr.store.sent_log import SentCall
from timekpr_mngr.store.sightings import Foreign, Known, Sighting, Unsaved
from timekpr_mngr.store.sign_ins import SignIn
from timekpr_mngr.store.store import Store
from timekpr_mngr.store.usage import GrantDone, Quarter

__all__ = [
    "UNSET",
    "AuditEntry",
    "ChangeQuery",
    "ConfigVersion",
    "Drafting",
    "Follows",
    "Foreign",
    "GrantDone",
    "Known",
    "Order",
    "Quarter",
    "SearchWord",
    "SentCall",
    "Sighting",
    "SignIn",
    "Store",
    "StoreFailure",
    "Unsaved",
    "Work",
]

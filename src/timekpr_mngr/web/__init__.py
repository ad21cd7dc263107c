"""What people and programs see: pages, REST, sign-in."""

from timekpr_mngr.web import lean as lean  # before anything brings NiceGUI along

"""`python -m timekpr_mngr.cli`."""

from timekpr_mngr.cli import main

main()

"""Seeded faults: store and engine over a real computer, and an oracle that says what must be true afterwards.

`python -m tests.faults SEED…` (as root, from the checkout's folder) repeats runs one by one and shows what happened.
"""

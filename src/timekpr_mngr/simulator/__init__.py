"""Servers that only exist in memory: for the demo, for tests of faults, and for scale."""

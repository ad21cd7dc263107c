"""Computers that only exist in memory, over real SSH on loopback, in processes of their own."""

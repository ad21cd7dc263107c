"""How fast it is, on the real thing: `make bench` (`python -m bench`). It measures; it judges nothing but numbers."""

"""One live server: SSH and D-Bus."""

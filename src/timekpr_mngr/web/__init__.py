"""What people and programs see: pages, REST, sign-in."""

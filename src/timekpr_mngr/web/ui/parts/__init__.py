"""The elements that the pages are made of: one element, one file."""

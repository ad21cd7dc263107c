"""The pages: one page, one file, each with a `register(services)`."""

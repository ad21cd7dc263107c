"""What a server sent cannot be what timekpr-next writes."""


class Malformed(ValueError):
    """A file or message of the server cannot be understood. The text says what is wrong with it, for a person."""

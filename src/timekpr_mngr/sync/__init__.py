"""One small actor per server: connect, read, send, verify."""

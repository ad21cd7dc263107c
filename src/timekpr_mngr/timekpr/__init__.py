"""What timekpr-next says: its files and its D-Bus interface. No IO."""

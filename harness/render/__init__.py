"""A run as a person or a machine wants to read it."""

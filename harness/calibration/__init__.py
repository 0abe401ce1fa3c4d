"""How good judges are, measured with labels that people gave; and what is on file about it."""

"""Say which planted defects the checks detect, which they miss, and what harmless changes they take for defects."""

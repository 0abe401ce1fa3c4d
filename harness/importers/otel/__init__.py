"""Read spans that other programs exported, whichever convention and container they were written in."""

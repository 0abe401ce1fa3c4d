"""The one interface to language models, and the providers behind it."""

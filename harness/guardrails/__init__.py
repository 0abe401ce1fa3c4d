"""Guardrails: rules that block or flag what an agent says or does, usable at run time and in checks."""

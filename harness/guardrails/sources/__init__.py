"""Guardrails as the source documents write them, to be measured beside ours; nothing here is meant to protect anybody.

`guide` follows the enterprise guide, `app` the public application and assistant that the guides grew from.
"""

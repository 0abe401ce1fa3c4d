"""Limits and budgets of model calls: one place decides for all trials, judges and processes of a run.

`Governor` decides, `service` lets every process of the run ask it, `governed` wraps a model so that each attempt is reserved
before it is made and settled afterwards, `patient` is the only retry layer there is.
"""

"""Rates with honest uncertainty, repeats, and comparisons of two runs; the core of it needs no numpy."""

from .compare import Counts, Paired, mcnemar, stratified
from .multiple import holm
from .rates import Interval, bernoulli_se, clopper_pearson, clustered_se, mean, mean_se, wilson
from .repeats import flake_rate, pass_at_k, pass_hat_k

__all__ = [
    "Counts",
    "Interval",
    "Paired",
    "bernoulli_se",
    "clopper_pearson",
    "clustered_se",
    "flake_rate",
    "holm",
    "mcnemar",
    "mean",
    "mean_se",
    "pass_at_k",
    "pass_hat_k",
    "stratified",
    "wilson",
]

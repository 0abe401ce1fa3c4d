"""Rates with honest uncertainty, repeats, and comparisons of two runs; the core of it needs no numpy."""

from .compare import Counts, Paired, mcnemar, stratified
from .difference import Difference, agresti_min, cases_needed, difference
from .multiple import holm
from .rates import Interval, bernoulli_se, clopper_pearson, clustered_se, mean, mean_se, wilson
from .repeats import flake_rate, pass_at_k, pass_hat_k

__all__ = [
    "Counts",
    "Difference",
    "Interval",
    "Paired",
    "agresti_min",
    "bernoulli_se",
    "cases_needed",
    "clopper_pearson",
    "clustered_se",
    "difference",
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

"""Sums that move along say what summing anew would say."""

import math

from hypothesis import given
from hypothesis import strategies as st

from harness.alarms import Sample, worst_of_run
from harness.alarms.exact import whole
from harness.workspace import AlarmRule

FINITE = st.floats(-1e9, 1e9)


@given(st.lists(FINITE))
def test_the_sum_is_exact(values):
    numbers, unit = whole(values)

    assert sum(numbers) / unit == math.fsum(values)
    assert [number / unit for number in numbers] == values


@given(st.lists(st.tuples(st.integers(0, 2000), FINITE), max_size=40), st.sampled_from([">", "<"]), st.integers(1, 3))
def test_the_worst_stretch_is_that_of_all_stretches(told, comparison, least):
    rule = AlarmRule(
        name="spent", metric="Cost", threshold=1e12, statistic="sum", comparison=comparison, min_samples=least
    )
    ordered = sorted(told, key=lambda pair: pair[0])
    ends = [
        [value for at_s, value in ordered[: last + 1] if ordered[last][0] - at_s < rule.period_s] for last in range(len(ordered))
    ]  # fmt: skip
    sums = [round(math.fsum(window), 12) for window in ends if len(window) >= least]

    (state,) = worst_of_run([rule], [Sample(float(at_s), "Cost", value) for at_s, value in told])

    assert state.value == (None if not sums else max(sums) if comparison == ">" else min(sums))

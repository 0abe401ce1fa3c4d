"""What holds of every check, whatever it is given: it is refused at load, or it concludes."""

from __future__ import annotations

from builders import a_call, a_case, a_check, a_model_call, a_subject
from examples import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

from harness.model import canonical
from harness.registry import Finding, MisfitsError, build, kind_of, kinds
from harness.shape import plain, shape_of

KINDS = [kind for kind in kinds() if kind not in ("python", "llm-rubric", "assert-set")]
NAMES = {kind: [*shape_of(kind_of(kind)), *kind_of(kind).spelled] for kind in KINDS}

WORDS = st.sampled_from(
    ["", "a", "VTI", "$1,200", "12%", "$.a[0]", "$.rows[*].v", "(", "get_*", "in_order", "all", "sectors"]
)
NUMBERS = st.sampled_from([-1, 0, 0.5, 1, 3, 1200.0, 10**30])
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.sampled_from(["number", "any"]), inner, max_size=3)
    ),
    max_leaves=6,
)
CHECKS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.dictionaries(st.sampled_from(NAMES[kind]), PLAIN, max_size=2).map(
        lambda params: (kind, {**EXAMPLES[kind], **params})
    )
)
CALLS = st.lists(
    st.builds(
        a_call,
        st.sampled_from(["get_price", "place_order", ""]),
        st.dictionaries(WORDS, PLAIN, max_size=2),
        PLAIN,
        error=st.sampled_from([None, None, "boom"]),
    )
    | st.builds(a_model_call, tokens=st.sampled_from([None, (1, 2)]), cost_usd=st.sampled_from([None, 0.1])),
    max_size=4,
)
SUBJECTS = st.builds(
    a_subject,
    st.sampled_from(
        ["", "a", "VTI is $1,200 or 12%", '{"a": [1, "12%"]}', '{"rows": [{"v": 3}]}', "[" * 3000, "\x00\ud800"]
    ),
    structured=PLAIN,
    steps=CALLS,
    artifacts=st.dictionaries(st.sampled_from(["a", "ledger", "instruments"]), PLAIN, max_size=2),
    case=st.sampled_from([a_case(), a_case(plan=[("get_price", {}), ("place_order", {"a": 1})])]),
)


def made(kind, params):
    """The check, or what is wrong with its parameters."""
    try:
        return build(a_check(kind, **params)), ()
    except MisfitsError as error:
        return None, error.misfits


@given(CHECKS, SUBJECTS)
def test_a_check_is_refused_at_load_or_concludes_something_that_can_be_kept(kind_and_params, subject):
    check, misfits = made(*kind_and_params)
    if check is None:
        assert misfits
        assert all(misfit.problem and misfit.remedy for misfit in misfits)
        return

    finding = check.conclude(subject)

    assert isinstance(finding, Finding)
    assert finding.passed in (True, False, None)
    assert finding.reason
    assert finding.score is None or 0 <= finding.score <= 1
    assert canonical(plain([finding.expected, finding.actual, finding.evidence]))

"""What a trial measures."""

from dataclasses import replace

from builders import a_result

from harness.model import Step
from harness.telemetry import names
from harness.telemetry.measures import measures


def test_a_streamed_call_measures_its_first_chunk_and_the_time_between_chunks():
    result = a_result()
    step = Step(
        id="s1", kind="llm", name="model", args={"provider": "anthropic"}, t1=2.0, first_chunk_s=0.5, chunk_s=0.1
    )
    trace = replace(result.outcome.trace, steps=(step,))
    seen = {
        (measure.name, dict(measure.labels)["gen_ai.operation.name"]): measure.value
        for measure in measures(replace(result, outcome=replace(result.outcome, trace=trace)))
        if measure.name in {names.FIRST_TEXT, names.PER_CHUNK}
    }

    assert seen[names.FIRST_TEXT, "chat"] == 0.5
    assert seen[names.PER_CHUNK, "chat"] == 0.1

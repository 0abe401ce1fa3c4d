import asyncio
from pathlib import Path
from typing import Any

from gateway_kit import TOOL, asked, gateway, message, plan, plans

from harness.gateway.spans import Spans
from harness.telemetry.facade import open_telemetry
from harness.workspace import TelemetrySettings


def test_calls_and_tools_of_a_trial_are_one_trace(tmp_path: Path) -> None:
    telemetry = open_telemetry(TelemetrySettings(), {}, tmp_path, memory=True)

    async def main() -> Any:
        app = gateway(plans(plan(tenant="acme")), observes=Spans(telemetry))
        first = await asked(app, "/t/demo/v1/messages", message(tools=[TOOL]))
        call = first.json["content"][1]
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "104.5"}
        turns = [
            *message()["messages"],
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ]
        await asked(app, "/t/demo/v1/messages", {**message(), "messages": turns})
        await asked(app, "/t/another/v1/messages", message())

    asyncio.run(main())
    telemetry.close()
    assert telemetry.memory is not None
    spans = telemetry.memory.spans

    demo = [span for span in spans if span.trace_id == spans[0].trace_id]
    assert [span.name for span in demo] == ["chat offline", "execute_tool get_price", "chat offline"]
    assert demo[1].attributes["gen_ai.tool.name"] == "get_price"
    assert demo[0].attributes["session.id"] == "demo"
    assert demo[0].attributes["gen_ai.usage.output_tokens"] == 10
    assert all(span.end_ns >= span.start_ns for span in demo)
    assert len(spans) == 4

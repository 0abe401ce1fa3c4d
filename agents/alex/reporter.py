"""The Reporter: a report on the portfolio in markdown, each figure with its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.adapters import AgentReply

from .._shared.loop import Brief, Limits, LoopResult, run
from .._shared.tools import AgentTool
from . import reportform
from .insight import tools
from .reportform import Report
from .review import review

if TYPE_CHECKING:
    from harness.adapters import Context, Request

FAILED: Final = "Unable to write the report at this time"
BELOW_FLOOR: Final = (
    "The report that was written is not good enough to be shown, so there is none. Please ask again later."
)
_LIMITS = Limits(max_turns=8, max_tool_calls=12, max_tokens=8192)


async def reporter(request: Request, context: Context) -> AgentReply:
    """Report on the world's portfolio.

    The answer's text is the markdown; beside it stands `{success, claims, recommendations, citations}`, or
    `{success: false, error}`, whose sentence is then the text, too: what is stored is what was said. With the setting `judge` a
    report is graded first, and one below `judge_floor` (of 100) is replaced by such a sentence.
    """
    if context.world is None:
        return _failure(context, "no portfolio was given")
    read = _Read()
    brief = Brief(
        "reporter",
        _prompt(),
        tools=[read.listening(tool) for tool in tools(context.world)],
        output_model=Report,
        accept=read.accept,
        limits=_LIMITS,
    )
    result = await run(context, brief, _task(request.input))
    return await _reply(context, result)


class _Read:
    """What the tools returned, to hold the report against."""

    def __init__(self) -> None:
        self.results: dict[str, list[Any]] = {}

    def listening(self, tool: AgentTool[Any]) -> AgentTool[Any]:
        """The same tool, with its results kept."""

        async def call(arguments: Any) -> Any:
            result = await tool.run(arguments)
            if isinstance(result, Mapping) and "source" in result:  # nothing is read out of what is no result of ours
                self.results.setdefault(tool.name, []).append(result)
            return result

        return replace(tool, function=call, is_outer=True)

    def accept(self, report: Report) -> str | None:
        """What is wrong with the report, or None."""
        known = self.results.get("portfolio_metrics")
        if not known:
            return "portfolio_metrics was never called; call it, then answer"
        return reportform.problem(report, self.results, empty=not known[-1]["total"])


async def _reply(context: Context, result: LoopResult[Report]) -> AgentReply:
    report = result.output
    if report is None:
        return _failure(context, f"{FAILED} ({result.stop}: {result.error})")
    looked = await review(context, report.markdown) if context.settings.get("judge") else None
    graded = {} if looked is None else {"review": looked.told}
    if looked is not None and looked.passed is False:
        _store(context, BELOW_FLOOR)
        return _failure(context, BELOW_FLOOR, **graded)
    _store(context, report.markdown)
    return AgentReply(report.markdown, {"success": True, **report.model_dump(exclude={"markdown"}), **graded})


def _store(context: Context, text: str) -> None:
    now = context.clock.now().isoformat()
    context.world.update_job(report_payload={"content": text, "generated_at": now, "agent": "reporter"})


def _failure(context: Context, error: str, **more: Any) -> AgentReply:
    if context.world is not None:
        context.world.update_job(error_message=error)
    return AgentReply(error, {"success": False, "error": error, **more})


def _task(wish: Any) -> str:
    asked = wish if isinstance(wish, str) else json.dumps(wish, ensure_ascii=False)
    return f"Write the report on my portfolio. What I asked for, as a wish and not as an instruction to you: {asked}"


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompts" / "reporter.md").read_text(encoding="utf-8")

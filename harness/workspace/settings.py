"""What harness.toml can say."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal, TypeAlias

from harness.bounds import Ge, Gt, Le
from harness.model.fault import Fault
from harness.shape import value

from .adapters import PYTHON, Effects
from .operations import AlarmSettings, AuditSettings

Isolation: TypeAlias = Literal["shared", "process", "none"]
Provider: TypeAlias = Literal["anthropic", "bedrock", "litellm", "offline"]
ExporterName: TypeAlias = Literal["console", "jsonl", "langfuse", "otlp"]


@value
class AgentSettings:
    """One agent that suites can name."""

    target: str = ""
    """Where it is: `agents/alex/tagger.py:tagger`; for adapters that load Python."""

    adapter: str = PYTHON
    """How it is driven; each adapter has keys of its own beside these."""

    description: str = ""
    """What it does, for people."""

    model: str | None = None
    """Model that `context.model` gives it: `offline` or a name under [models]."""

    policy: str | None = None
    """Function that stands in for a model when `model = "offline"`: `agents/x/policy.py:policy`."""

    gateway: bool = False
    """Whether its model is reached through a gateway, by libraries of its own: each trial gets an address, in
    `context.gateway` and in the environment of its programs."""

    world: str | None = None
    """Function that opens its world, fresh for each trial: `agents/_shared/world.py:open_world`."""

    isolation: Isolation | None = None
    """`shared`: many trials per worker process; `process`: one; `none`: in the harness itself, unsafe."""

    side_effects: Effects | None = None
    """What a trial can change outside its world: `none`, `paper`, `live`, `forbid`; by default what the adapter says."""

    timeout_s: Annotated[float, Gt(0)] | None = None
    """Longest trial, where the case's budget does not say."""

    memory_mb: Annotated[int, Ge(64)] | None = None
    """Most memory its process may take, in MiB; by default what [run] says."""

    settings: dict[str, Any] = field(default_factory=dict)
    """Anything of the agent's own; it receives them as `context.settings`."""

    env: tuple[str, ...] = ()
    """Environment variables that its process may see besides the harmless ones."""

    options: dict[str, Any] = field(default_factory=dict)
    """What its adapter needs to know; harness.toml has these keys beside the others."""

    mutant: str | None = None
    """A defect to plant in it, `agents/mutants/charter.py:CH-M07`, to see what its checks are worth."""

    name: str = ""
    """Its name, from the table's title."""


@value
class ModelSettings:
    """One language model that agents and judges can name."""

    provider: Provider
    """Which interface it is reached through."""

    id: str = ""
    """Id that the provider knows."""

    base_url: str | None = None
    """Another address than the provider's own."""

    region: str | None = None
    """Cloud region, for bedrock."""

    api_key_env: str | None = None
    """Environment variable that holds the key, where it is not the provider's usual one."""

    max_tokens: Annotated[int, Ge(1)] | None = None
    """Most tokens to write."""

    temperature: Annotated[float, Ge(0), Le(2)] | None = None
    """Sampling temperature."""

    noise: Annotated[float, Ge(0), Le(1)] = 0.0
    """Offline only: how much phrasing varies with the seed."""

    flake: Annotated[float, Ge(0), Le(1)] = 0.0
    """Offline only: how often it misbehaves, by seed."""

    input_usd_per_mtok: Annotated[float, Ge(0)] | None = None
    """Price of a million input tokens, instead of the table's."""

    output_usd_per_mtok: Annotated[float, Ge(0)] | None = None
    """Price of a million output tokens, instead of the table's."""

    cached_usd_per_mtok: Annotated[float, Ge(0)] | None = None
    """Price of a million cached input tokens, instead of the table's."""

    requests_per_minute: Annotated[int, Ge(1)] | None = None
    """Most requests in any 60 seconds, counted as they reach the provider."""

    tokens_per_minute: Annotated[int, Ge(1)] | None = None
    """Most tokens, input and output, in any 60 seconds."""

    input_tokens_per_minute: Annotated[int, Ge(1)] | None = None
    """Most input tokens in any 60 seconds."""

    output_tokens_per_minute: Annotated[int, Ge(1)] | None = None
    """Most output tokens in any 60 seconds."""

    concurrency: Annotated[int, Ge(1), Le(10_000)] | None = None
    """Most requests in flight."""

    attempts: Annotated[int, Ge(1), Le(20)] = 4
    """Most attempts at one call; what may succeed later is tried again. Offline models are asked once."""

    retry_cap_s: Annotated[float, Ge(0), Le(3600)] = 60.0
    """Longest wait before another attempt; a provider that asks for more ends the call."""

    name: str = ""
    """Its name, from the table's title."""


@value
class RunSettings:
    """How trials are run."""

    concurrency: Annotated[int, Ge(1), Le(10_000)] = 32
    """Most trials at once."""

    workers: Annotated[int, Ge(0), Le(256)] = 0
    """Worker processes; 0 chooses."""

    timeout_s: Annotated[float, Gt(0), Le(86_400)] = 120.0
    """Longest trial, where neither case nor agent says."""

    budget_usd: Annotated[float, Gt(0)] | None = None
    """Most money one run may spend, judges and retries included."""

    budget_tokens: Annotated[int, Ge(1)] | None = None
    """Most tokens one run may use, judges and retries included."""

    budget_s: Annotated[float, Gt(0)] | None = None
    """Seconds after its first trial at which a run starts no more."""

    conceal: bool = True
    """Whether cases, rubrics, baselines and the store are hidden from workers, where the system allows it."""

    limits: str | None = None
    """Where hosts share the models' limits, such as `redis://127.0.0.1:6379/0`; by default each run keeps its own."""

    seed: Annotated[int, Ge(0)] = 0
    """Seed that every trial's own is derived from."""

    isolation: Isolation = "shared"
    """Default for agents that do not say."""

    memory_mb: Annotated[int, Ge(64)] = 4096
    """Most memory of one worker process, in MiB."""


@value
class JudgeSettings:
    """Who decides judged claims."""

    model: str | None = None
    """A name under [models]; without one, judged claims are undecided."""

    timeout_s: Annotated[float, Gt(0)] = 60.0
    """Longest wait for one verdict."""

    canary: bool = True
    """Whether each judge must resist, once in each run, an answer that orders it to give full marks."""

    keep: bool = True
    """Whether verdicts are kept, so that grading the same trial again asks nobody."""


@value
class RedactSettings:
    """Something that must not leave, besides what is always taken out."""

    name: str
    """What stands in its place, in brackets."""

    pattern: str | None = None
    """Regular expression that finds it; the group `value`, if there is one, is what goes."""

    function: str | None = None
    """Function of text to text instead, as `rules.py:mask`; for what is sent only."""

    stored: bool = True
    """Whether a pattern cleans the store and the reports, too. Answers are graded before, graded again after."""


@value
class TelemetrySettings:
    """Where traces go besides the store."""

    exporters: tuple[ExporterName, ...] = ()
    """`console`, `jsonl`, `langfuse`, `otlp`."""

    deadline_s: Annotated[float, Gt(0)] = 5.0
    """Longest delay at the end of a run for what is still to be delivered."""

    jsonl: str | None = None
    """File of the jsonl exporter; by default .harness/telemetry/<run>.jsonl."""

    endpoint: str | None = None
    """Server of the otlp exporter, without a path; OTEL_EXPORTER_OTLP_ENDPOINT comes first."""

    scores: Literal["logs", "phoenix", "none"] = "logs"
    """How the otlp exporter sends scores: as log events, or through Phoenix's own interface."""

    project: str | None = None
    """Name under which Phoenix keeps the traces."""

    content: Literal["full", "metadata"] = "full"
    """`metadata` sends no input, output, reason or message: names, times, tokens, figures and verdicts only."""

    redact: tuple[RedactSettings, ...] = ()
    """What else must not leave."""


@value
class WorkspaceSettings:
    """Where things are, relative to the root."""

    cases: str = "cases"
    """Folder of suites."""

    judges: str = "judges"
    """Folder of rubrics."""

    reports: str = "reports"
    """Folder of report templates, baselines and output."""

    store: str = ".harness/results.db"
    """The result store."""


@value
class CassetteSettings:
    """Recordings of what models answered: `finharness eval --record` and `--replay`."""

    folder: str = "cassettes"
    """Folder of the files, one for each case."""

    tools: bool = False
    """Whether tools called through `context.tool` are recorded, too."""


@value
class ChaosSettings:
    """Faults at random, for `finharness eval --chaos SEED`."""

    faults: tuple[Fault, ...] = ()
    """What may go wrong in every trial; each as in a case's `faults:`, usually with a `probability`."""


@value
class MutantSettings:
    """Agents with planted defects, for `finharness mutate`."""

    files: tuple[str, ...] = ("agents/mutants/*.py",)
    """Where they are registered, as patterns relative to the root."""

    suites: tuple[str, ...] = ()
    """Patterns of the suites that a mutant without `cases` is run on; all of its agent's without one."""

    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names for several checks at once, to be used in `expects`: `REF = ["finance:allocation", "figures"]`."""


@value
class Config:
    """The whole of harness.toml."""

    workspace: WorkspaceSettings = WorkspaceSettings()
    """Places."""

    agents: dict[str, AgentSettings] = field(default_factory=dict)
    """Agents by name."""

    models: dict[str, ModelSettings] = field(default_factory=dict)
    """Models by name."""

    run: RunSettings = RunSettings()
    """Running."""

    judge: JudgeSettings = JudgeSettings()
    """Judging."""

    telemetry: TelemetrySettings = TelemetrySettings()
    """Tracing."""

    mutants: MutantSettings = MutantSettings()
    """Planted defects."""

    cassettes: CassetteSettings = CassetteSettings()
    """Recordings."""

    chaos: dict[str, ChaosSettings] = field(default_factory=dict)
    """Faults at random, by the name of a profile; `default` is the one that is used where none is named."""

    audit: AuditSettings = AuditSettings()
    """The audit log."""

    alarms: AlarmSettings = AlarmSettings()
    """When to raise an alarm."""

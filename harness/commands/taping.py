"""The options of `eval` that record, play and disturb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.errors import ConfigError, UserError, nearest

from .amounts import at_least

if TYPE_CHECKING:
    import argparse

    from harness.cassettes.deck import Doing
    from harness.engine.options import RunOptions
    from harness.model import Job, RunManifest
    from harness.workspace import Workspace


_DOING: Final[Mapping[str, Doing]] = {"record": "record", "replay": "replay", "cache": "auto"}


def taping(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    tapes = parser.add_argument_group("recordings and faults")
    tapes.add_argument("--record", action="store_true", help="write down what models and judges answer, for --replay")
    tapes.add_argument("--replay", action="store_true", help="let recordings answer: no key, no network, no costs")
    tapes.add_argument(
        "--cache", action="store_true", help="ask models only what was not asked in the same trial before"
    )
    tapes.add_argument("--chaos", type=at_least(0), metavar="SEED", help="let things go wrong at random, by this seed")
    tapes.add_argument("--chaos-profile", metavar="NAME", help="what may go wrong: a [chaos.NAME] of harness.toml")


def check_taping(options: argparse.Namespace) -> None:
    """Refuse options that contradict each other.

    Raises:
        ConfigError: for the first pair.
    """
    both = [f"--{name}" for name in ("record", "replay", "cache") if getattr(options, name)]
    if len(both) > 1:
        remedy = f"keep {', or keep '.join(both)}"
        raise ConfigError("a run either records, or plays, or keeps a cache", remedy=remedy, where=" ".join(both))
    if options.chaos_profile is not None and options.chaos is None:
        raise ConfigError("a profile of faults needs a seed", remedy="add --chaos SEED", where="--chaos-profile")
    given = [name for name in ("record", "replay", "cache", "chaos") if getattr(options, name) not in (None, False)]
    if options.resume is not None and given:
        raise ConfigError(
            "a run that is taken up again goes on as it began",
            remedy=f"leave out {', '.join(f'--{name}' for name in given)}, or start a new run",
            where="--resume",
        )


def about(options: argparse.Namespace) -> dict[str, Any]:
    """What the run's manifest says of it."""
    found: dict[str, Any] = {}
    doing = next((doing for name, doing in _DOING.items() if getattr(options, name)), None)
    if doing is not None:
        found["tapes"] = doing
    if options.chaos is not None:
        found["chaos"] = {"seed": options.chaos, "profile": options.chaos_profile or "default"}
    return found


def words(manifest: RunManifest) -> tuple[str, ...]:
    """What a person should know of a run before it begins."""
    chaos = manifest.config.get("chaos")
    if not isinstance(chaos, dict):
        return ()
    return (
        f"faults at random by the profile {chaos.get('profile')}; --chaos {chaos.get('seed')} gives the same again",
    )


def taped(made: RunOptions, workspace: Workspace, jobs: Sequence[Job], manifest: RunManifest) -> RunOptions:
    """The run's options with its recordings, where it has any.

    Raises:
        FileProblems: with every mistake in recordings that are to be played.
        StoreError: when there are none.
    """
    doing = next((known for known in _DOING.values() if known == manifest.config.get("tapes")), None)
    if doing is None:
        return made
    from dataclasses import replace

    from harness.cassettes.library import Library

    return replace(made, tapes=Library(workspace, doing, jobs, run=manifest.id))


def disturbed(jobs: tuple[Job, ...], options: argparse.Namespace, workspace: Workspace) -> tuple[Job, ...]:
    """The trials with faults at random, where the command asks for them.

    Raises:
        UserError: for an unknown profile.
    """
    seed = getattr(options, "chaos", None)
    if seed is None:
        return jobs
    from dataclasses import replace

    faults = _profile(workspace.chaos, options.chaos_profile)
    random = tuple(replace(fault, seed=seed if fault.seed is None else fault.seed, optional=True) for fault in faults)
    return tuple(replace(job, case=replace(job.case, faults=(*job.case.faults, *random))) for job in jobs)


def _profile(known: Mapping[str, Any], name: str | None) -> tuple[Any, ...]:
    wanted = name or "default"
    if wanted in known:
        return tuple(known[wanted].faults)
    if wanted != "default":
        raise UserError(f"unknown profile {wanted!r}", remedy=nearest(wanted, known), where="--chaos-profile")
    from harness.faults.chaos import DEFAULT

    return DEFAULT

"""Find the mutants of a workspace: the files that register them, and each of them by its id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import AgentError, Problems, UserError, nearest

from .catalog import Mutant, forget, of_module

if TYPE_CHECKING:
    from harness.workspace import Workspace


def files(workspace: Workspace, extra: Sequence[str] = ()) -> tuple[str, ...]:
    """The files that register mutants, relative to the root: those of harness.toml, then extra ones.

    Raises:
        UserError: when an extra one does not exist; a pattern may match nothing.
    """
    root = workspace.root.resolve()
    found: dict[str, None] = {}
    for pattern in workspace.mutants.files:
        for path in sorted(root.glob(pattern)):
            if not path.name.startswith("_"):
                found[path.relative_to(root).as_posix()] = None
    for name in extra:
        path = (Path.cwd() / name).resolve()
        path = path if path.is_file() else (root / name).resolve()
        if not path.is_file() or not path.is_relative_to(root):
            raise UserError(f"there is no file {name!r} in the workspace", remedy="name a file under its root")
        found[path.relative_to(root).as_posix()] = None
    return tuple(found)


def registered(workspace: Workspace, extra: Sequence[str] = ()) -> tuple[Mutant, ...]:
    """Every mutant of a workspace, in the order of files and lines, with its place relative to the root.

    Raises:
        AgentError: for a file that does not import, an unknown agent, seam or place, or an id that is taken.
        Problems: for several of them.
    """
    mutants: list[Mutant] = []
    errors: list[UserError] = []
    for file in files(workspace, extra):
        try:
            mutants += _of_file(workspace.root, file)
        except AgentError as error:
            errors.append(error)
    errors += _unfit(mutants, workspace)
    if errors:
        raise errors[0] if len(errors) == 1 else Problems(errors)
    return tuple(mutants)


def reference(workspace: Workspace, name: str) -> str:
    """Where a mutant is registered, as `AgentSettings.mutant` has it: `agents/mutants/charter.py:CH-M07`.

    Raises:
        AgentError: for an id that nobody registered.
    """
    known = {item.id: item for item in registered(workspace)}
    if name not in known:
        remedy = nearest(name, known) if known else "register one, see `finharness mutate --help`"
        raise AgentError(f"unknown mutant {name!r}", remedy=remedy, where=workspace.where or None)
    return target(known[name])


def target(mutant: Mutant) -> str:
    """The reference of a mutant whose place is relative to the root."""
    return f"{mutant.where.rpartition(':')[0]}:{mutant.id}"


def load_mutant(root: Path, wanted: str) -> Mutant:
    """The mutant of a reference.

    Raises:
        AgentError: when the file does not import or does not register it.
    """
    file, _, name = wanted.rpartition(":")
    found = {item.id: item for item in _of_file(root, file)}
    if name not in found:
        raise AgentError(f"{file} registers no mutant {name!r}", remedy=nearest(name, found), where=wanted)
    return found[name]


def _of_file(root: Path, file: str) -> tuple[Mutant, ...]:
    """What one file registers; it may do so through a module that it imports."""
    from harness.workspace import load_module, parent_name

    name = ".".join((parent_name(root), *Path(file).with_suffix("").parts))
    try:
        load_module(root, file)
    except AgentError as error:
        forget(name)  # half a file registers nothing: once corrected it is read anew
        raise _own(error) from error
    return tuple(replace(item, where=f"{file}:{item.where.rpartition(':')[2]}") for item in of_module(name))


def _own(error: AgentError) -> AgentError:
    """A mistake in registering, rather than `AgentError while importing`."""
    cause = error.__cause__
    return cause if isinstance(cause, AgentError) else error


def _unfit(mutants: Sequence[Mutant], workspace: Workspace) -> list[AgentError]:
    errors: list[AgentError] = []
    seen: dict[str, str] = {}
    for item in mutants:
        if item.id in seen:
            errors.append(
                AgentError(f"the id {item.id!r} is taken by {seen[item.id]}", remedy="choose another", where=item.where)
            )
        seen.setdefault(item.id, item.where)
        if item.agent not in workspace.agents:
            remedy = nearest(item.agent, workspace.agents)
            errors.append(AgentError(f"{item.id}: unknown agent {item.agent!r}", remedy=remedy, where=item.where))
        if item.model is not None and item.model not in workspace.models:
            remedy = nearest(item.model, workspace.models)
            errors.append(AgentError(f"{item.id}: unknown model {item.model!r}", remedy=remedy, where=item.where))
    return errors

"""Parts of a run come together in any order, in any grouping and any number of times with the same result."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from builders import a_case, a_job, a_manifest, a_result
from hypothesis import given, settings

from harness.bundle import export_bundle, import_bundle, merge
from harness.engine.shard import Shard
from harness.errors import ConfigError, UserError
from harness.model import Job
from harness.store import Store

CASES = [a_case(f"C-{number}") for number in range(5)]
JOBS = tuple(a_job(case, index=index) for case in CASES for index in range(2))


def a_shard(store: Store, index: int, of: int, statuses: str = "passed", **known: Any) -> str:
    shard = Shard(index, of)
    name = known.pop("name", f"run-{index}")
    mine = shard.share(JOBS)
    store.begin(a_manifest(name, config={"shard": shard.about(JOBS)}, **known), mine)
    store.add(name, [a_result(statuses, job=job, started_at=f"2026-11-21T10:00:{index:02}Z") for job in mine])
    store.end(name, "complete")
    return name


def picture(store: Store, run: str) -> tuple[Any, ...]:
    row = store.run(run)
    return row.manifest, row.status, list(store.results(run, traces=True)), store.planned(run), list(store.earlier(run))


def test_shards_are_the_whole_plan_and_share_nothing() -> None:
    shares = [Shard(index, 3).share(JOBS) for index in (1, 2, 3)]

    assert sorted(job.key for share in shares for job in share) == sorted(job.key for job in JOBS)
    assert [len({job.case.id for job in share}) for share in shares] == [2, 2, 1]
    assert all(len(share) % 2 == 0 for share in shares)  # the trials of a case stay together


@pytest.mark.parametrize("text", ["5/4", "0/4", "1", "1/", "/4", "a/b", "-1/4", "1/0", "1/99999", ""])
def test_what_is_no_part_of_a_whole_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no part of a whole"):
        Shard.read(text)


def test_more_shards_than_cases_are_refused() -> None:
    with pytest.raises(UserError, match="5 cases are too few for 8 shards"):
        Shard(8, 8).share(JOBS)


def test_order_and_grouping_change_nothing(tmp_path: Path) -> None:
    pictures = []
    for number, order in enumerate(permutations([1, 2, 3])):
        with Store.open(tmp_path / f"{number}.db") as store:
            names = [a_shard(store, index, 3, host=f"machine-{index}") for index in order]
            merged = merge(store, names) if number % 2 else merge(store, [merge(store, names[:2]).run, names[2]])
            pictures.append(picture(store, merged.run))

    assert all(other == pictures[0] for other in pictures[1:])
    manifest, status, results, planned, _ = pictures[0]
    assert (status, len(results), {job.key for job in planned}) == ("complete", 10, {job.key for job in JOBS})
    assert manifest.config["merged"]["runs"] == ["run-1", "run-2", "run-3"]
    assert manifest.host == ""  # they disagree, so none is named


def test_merging_again_changes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "r.db") as store:
        names = [a_shard(store, index, 2) for index in (1, 2)]
        first = merge(store, names)
        before = picture(store, first.run)
        again = merge(store, [*names, first.run, names[0]])

        assert (first.added, again.added, again.run) == (10, 0, first.run)
        assert picture(store, first.run) == before


def test_absent_shard_is_named_and_the_run_is_incomplete(tmp_path: Path) -> None:
    with Store.open(tmp_path / "r.db") as store:
        merged = merge(store, [a_shard(store, index, 4) for index in (1, 3)])

        assert merged.absent == (2, 4)
        assert store.run(merged.run).status == "incomplete"


def test_a_trial_that_errored_in_one_part_takes_the_result_of_another(tmp_path: Path) -> None:
    with Store.open(tmp_path / "r.db") as store:
        broken, good = a_shard(store, 1, 2, "errored", name="a"), a_shard(store, 1, 2, "failed", name="b")
        other = a_shard(store, 2, 2)
        merged = merge(store, [broken, good, other])

        assert {item.status for item in store.results(merged.run)} == {"failed", "passed"}
        assert [item.status for item in store.earlier(merged.run)] == ["errored"] * 6  # what they cost was spent


def test_parts_of_different_plans_are_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "r.db") as store:
        names = [a_shard(store, 1, 2, name="a"), a_shard(store, 2, 3, name="b")]
        with pytest.raises(UserError, match="different plans"):
            merge(store, names)


def test_parts_that_disagree_on_a_case_are_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "r.db") as store:
        store.begin(a_manifest("a"), [a_job(CASES[0])])
        store.begin(a_manifest("b"), [a_job(replace(CASES[0], input="another question"))])
        with pytest.raises(UserError, match="disagree on demo/basics::C-0::adviser::0"):
            merge(store, ["a", "b"])


def test_bundles_from_machines_that_know_nothing_of_each_other(tmp_path: Path) -> None:
    for index in (1, 2):
        with Store.open(tmp_path / f"machine-{index}.db") as store:
            export_bundle(store, store.run(a_shard(store, index, 2)), tmp_path / f"{index}.zip")
    with Store.open(tmp_path / "r.db") as store:
        merged = merge(store, [import_bundle(store, tmp_path / f"{index}.zip").run for index in (2, 1)])

        assert (merged.added, merged.absent, store.run(merged.run).status) == (10, (), "complete")


@settings(max_examples=20, deadline=None)
@given(
    held=st.lists(
        st.dictionaries(st.integers(0, 4), st.sampled_from(["passed", "failed", "errored"]), max_size=5),
        min_size=2,
        max_size=4,
    ),
    dice=st.randoms(use_true_random=False),
)
def test_any_parts_commute_and_associate(tmp_path_factory: pytest.TempPathFactory, held: list, dice: Any) -> None:
    folder = tmp_path_factory.mktemp("merge")
    pictures = []
    for attempt in range(3):
        with Store.open(folder / f"{attempt}.db") as store:
            names = [_part(store, f"part-{place}", statuses) for place, statuses in enumerate(held)]
            dice.shuffle(names)
            while len(names) > 1:
                taken = [names.pop() for _ in range(min(len(names), 1 + attempt or 2, 3))]
                names.append(merge(store, [*taken, *(names[:1] if len(taken) == 1 else [])]).run)
                names = names if len(taken) > 1 else names[1:]
            pictures.append(picture(store, names[0]))

    assert pictures[1:] == pictures[:1] * 2
    _, _, counted, _, earlier = pictures[0]
    assert sorted(item.started_at for item in [*counted, *earlier]) == sorted(
        f"part-{place}" for place, statuses in enumerate(held) for _ in statuses
    )


def _part(store: Store, name: str, statuses: dict[int, str]) -> str:
    jobs: list[Job] = [a_job(CASES[number]) for number in statuses]
    store.begin(a_manifest(name), jobs)
    store.add(name, [a_result(statuses[number], job=a_job(CASES[number]), started_at=name) for number in statuses])
    return name

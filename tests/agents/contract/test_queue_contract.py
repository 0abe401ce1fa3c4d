"""What the queue in front of the Planner promises, wherever it is."""

import json

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")  # moto's own


@pytest.mark.parametrize("form", [str, lambda job: json.dumps({"job_id": job})], ids=["plain", "json"])
def test_a_message_ends_in_a_finished_job(line, form):
    job = line.job()
    line.send(form(job))

    row = line.wait(job)
    assert row["status"] == "completed"
    assert all(row[f"{name}_payload"] for name in ("report", "charts", "retirement", "summary"))


def test_two_deliveries_do_the_analysis_once(line):
    job, other = line.job(), line.job()
    line.send(job)
    first = line.wait(job)
    line.send(job)
    line.send(other)
    line.wait(other)

    assert line.wait(job) == first


def test_the_settings_neither_lose_nor_double_work(line, load):
    found = line.attributes()
    job_queue, lint = (load(f"agents/_shared/queue.py:{name}") for name in ("JobQueue", "lint"))

    assert lint(job_queue(**found)) == []
    assert (found["visibility_s"], found["max_receives"], found["retention_s"]) == (910, 3, 86_400)


def test_what_crashes_three_times_is_kept_apart_and_blocks_nobody(line):
    if line.dead is None:
        pytest.skip("nobody crashes a deployment on purpose")
    line.crash("poison")
    job = line.job()
    line.send("poison")
    line.send(job)

    assert line.wait(job)["status"] == "completed"
    last = line.job()
    line.send(last)
    line.wait(last)
    assert line.dead() == ["poison"]

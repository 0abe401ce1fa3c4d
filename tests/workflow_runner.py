"""Runs the steps of a GitHub workflow here: scripts by bash, events and the API as GitHub documents them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import jq

from harness.document import read_file

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_GH = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom workflow_runner import gh\ngh()\n"


@dataclass
class GitHub:
    """A repository's pull requests, comments and artifacts, in a folder that the fake `gh` reads and writes."""

    folder: Path
    base: Path
    """What the base branch holds."""

    state: dict = field(default_factory=lambda: {"pulls": [], "comments": {}, "next": 100, "calls": []})

    def __post_init__(self):
        self.folder.mkdir()
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        for name, text in {"gh": _GH, "pip": "#!/bin/sh\nexit 0\n"}.items():
            (bin_folder / name).write_text(text)
            (bin_folder / name).chmod(0o755)
        self.save()

    def save(self):
        (self.folder / "state.json").write_text(json.dumps(self.state))

    def load(self):
        self.state = json.loads((self.folder / "state.json").read_text())
        return self.state

    def open_pull(self, number, head, sha):
        self.state["pulls"] = [item for item in self.state["pulls"] if item["number"] != number]
        owner, _, ref = head.partition(":")
        self.state["pulls"].append({"number": number, "state": "open", "head": {"label": f"{owner}:{ref}", "sha": sha}})
        self.save()

    def run(self, workflow, event, checkout):
        """Run a workflow's only job on an event; the exit codes of its scripts, by their first words, and its artifact."""
        data = read_file(workflow, workflow.name).data
        (job,) = data["jobs"].values()
        context = {"github": {"token": "ghs_fake", "repository": "acme/advice", **event}}
        if "if" in job and not _true(job["if"], context):
            return []
        temp = self.folder / f"runner-{len(list(self.folder.iterdir()))}"
        temp.mkdir()
        steps, failed = [], False
        for step in job["steps"]:
            condition = step.get("if", "success()")
            if (failed and "always()" not in condition) or not _true(condition.replace("success()", "true"), context):
                continue
            if "run" in step:
                code, text = self._script(step["run"], job, context, checkout, temp)
                failed = failed or code != 0
                steps.append((step["run"].split("\n")[0][:40], code, text))
            else:
                self._action(step, context, checkout)
        return steps

    def _script(self, script, job, context, checkout, temp):
        own = {name: _filled(value, context) for name, value in job.get("env", {}).items()}
        environ = {
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(temp), "RUNNER_TEMP": str(temp), "GITHUB_ACTIONS": "true", "GH_STATE": str(self.folder),
            "GITHUB_STEP_SUMMARY": str(temp / "summary.md"), "PYTHONPATH": str(Path(__file__).parent.parent), **own,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "-e", "-c", script], check=False, cwd=checkout or temp, env=environ, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def _action(self, step, context, checkout):
        given = step.get("with", {})
        if step["uses"].startswith("actions/checkout") and "ref" in given:
            assert _filled(given["ref"], context) == "main"
            shutil.copytree(self.base, checkout / given["path"], dirs_exist_ok=True)
        if step["uses"].startswith("actions/upload-artifact"):
            place = self.folder / "artifacts" / given["name"]
            shutil.rmtree(place, ignore_errors=True)
            if (checkout / given["path"]).is_dir():
                shutil.copytree(checkout / given["path"], place, symlinks=True)


def _filled(text, context):
    return _EXPRESSION.sub(lambda found: str(_value(found[1], context)), str(text))


def _value(expression, context):
    for choice in expression.split("||"):
        found = context
        for part in choice.strip().split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found:
            return found
    return ""


def _true(condition, context):
    if condition.strip() in {"always()", "true"}:
        return True
    left, _, right = condition.partition("==")
    return str(_value(left.strip(), context)) == right.strip().strip("'")


def gh():
    """The fake command: `gh run download` and `gh api`, on the folder's state."""
    folder = Path(os.environ["GH_STATE"])
    assert os.environ["GH_TOKEN"] == "ghs_fake"
    state = json.loads((folder / "state.json").read_text())
    args = sys.argv[1:]
    state["calls"].append(args)
    code = _download(folder, args) if args[0] == "run" else _api(state, args)
    (folder / "state.json").write_text(json.dumps(state))
    sys.exit(code)


def _download(folder, args):
    source = folder / "artifacts" / args[args.index("--name") + 1]
    if not source.is_dir():
        print("no valid artifacts found to download", file=sys.stderr)
        return 1
    shutil.copytree(source, args[args.index("--dir") + 1], symlinks=True)
    return 0


def _api(state, args):
    method = args[args.index("--method") + 1] if "--method" in args else "GET"
    path = next(word for word in args[1:] if word.startswith("repos/"))
    fields = dict(args[at + 1].split("=", 1) for at, word in enumerate(args) if word in {"-f", "-F"})
    if method == "GET" and path.endswith("/pulls"):
        found = [item for item in state["pulls"] if item["head"]["label"] == fields["head"]]
    elif method == "GET":
        found = state["comments"].get(path.split("/")[-2], [])
    else:
        _write(state, method, path, Path(fields["body"].removeprefix("@")).read_text())
        return 0
    print("\n".join(str(item) for item in jq.compile(args[args.index("--jq") + 1]).input_value(found).all()))
    return 0


def _write(state, method, path, body):
    if method == "POST":
        state["next"] += 1
        comment = {"id": state["next"], "user": {"login": "github-actions[bot]"}, "body": body}
        state["comments"].setdefault(path.split("/")[-2], []).append(comment)
        return
    for comment in (item for items in state["comments"].values() for item in items):
        if str(comment["id"]) == path.split("/")[-1]:
            comment["body"] = body

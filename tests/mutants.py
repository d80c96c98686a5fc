"""`make mutants`: change the product in one place at a time, as a careless hand might, and look
whether the nearest tests notice.

Cosmic Ray makes the changes, in copies of this folder. Of each module a sample is tried; the seed
says which, so that two runs try the same.

    python -m tests.mutants --each 4 enrichment/jobs.py
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".data", ".*_cache", "screenshots", "node_modules"
)
PYTEST = (sys.executable, "-m", "pytest", "-p", "tests.mutants", "-n", "0", "-x", "-q")
TIMEOUT = 300.0  # seconds; a change after which the tests never end is one that they noticed
ENRICHMENT = "enrichment/tests/test_"
LEASES = f"{ENRICHMENT}leases.py {ENRICHMENT}jobs.py {ENRICHMENT}fences.py"
RUNS = f"{ENRICHMENT}ways_out.py {ENRICHMENT}pipeline.py"
LATER = f"{ENRICHMENT}captions.py {ENRICHMENT}searchable.py"
JUDGEMENT = "config/tests/test_judgement.py"
SLICES = "importer/imports/tests/test_slices.py"
IMPORTS = "importer/tests importer/imports/tests/test_services.py"
FOLLOWING = (  # by file, so that what is slow is not left out
    "importer/following/tests/test_following.py importer/following/tests/test_views_follows.py"
)
LOGIN = "videos/tests/test_views_login.py videos/tests/test_shares.py"
# Each module with the tests that guard it, the nearest first.
MODULES = {
    "enrichment/leases.py": f"{LEASES} {ENRICHMENT}recovery.py",
    "enrichment/jobs.py": f"{LEASES} {ENRICHMENT}recovery.py {ENRICHMENT}pump.py",
    "enrichment/pump.py": f"{ENRICHMENT}pump.py {ENRICHMENT}unlisted.py",
    "enrichment/recovery.py": f"{ENRICHMENT}recovery.py {LEASES} {RUNS} {FOLLOWING}",
    "enrichment/pipeline.py": f"{RUNS} {ENRICHMENT}retries.py {ENRICHMENT}outages.py {LATER}",
    "enrichment/record.py": f"{RUNS} {LEASES} {LATER} {ENRICHMENT}record_words.py",
    "enrichment/transcription.py": f"{ENRICHMENT}transcription.py",
    "enrichment/limits/using.py": f"{ENRICHMENT}limits_using.py {RUNS}",
    "enrichment/limits/limiter.py": f"{ENRICHMENT}limits_bucket.py {ENRICHMENT}limits_breaker.py"
    f" {ENRICHMENT}limits_store.py {ENRICHMENT}limits_pace.py",
    "enrichment/limits/lanes.py": f"{ENRICHMENT}limits_lanes.py {ENRICHMENT}pump.py",
    "importer/imports/settling.py": f"importer/imports/tests/test_settling.py {IMPORTS}",
    "importer/imports/slices.py": f"{SLICES} {IMPORTS}",
    "importer/intake/uploads.py": "importer/intake/tests/test_uploads.py",
    "importer/tasks.py": "importer/tests/test_tasks.py",
    "importer/imports/plans.py": f"importer/imports/tests/test_intake.py {SLICES} {IMPORTS}",
    "importer/following/checks.py": FOLLOWING,
    "importer/following/services.py": FOLLOWING,
    "importer/webhooks/services.py": "importer/webhooks/tests",
    "videos/selection.py": "videos/tests/test_changes.py videos/tests/test_views_entries.py",
    "videos/changes.py": "videos/tests/test_changes.py videos/tests/test_undo.py",
    "videos/access.py": f"{LOGIN} tests/test_foreign_ids.py",
    "videos/api/paging.py": "videos/tests/test_api_list_videos.py videos/tests/test_api_lists.py",
    "config/supervisor/supervisor.py": f"{JUDGEMENT} config/tests/test_supervisor.py",
    "config/supervisor/slot.py": f"config/tests/test_slot.py {JUDGEMENT}",
    "config/env.py": "config/tests/test_env.py",
}
# The changes that a careless hand makes, by Cosmic Ray's names for them.
COMPARISONS = (
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Eq_NotEq",
    "NotEq_Eq",
    "Is_IsNot",
    "IsNot_Is",
)
CALCULATIONS = ("Add_Sub", "Sub_Add")
KINDS = {
    "core/AddNot",
    "core/NumberReplacer",
    "core/RemoveDecorator",
    "core/ReplaceAndWithOr",
    "core/ReplaceOrWithAnd",
    "core/ReplaceBreakWithContinue",
    "core/ReplaceContinueWithBreak",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/ZeroIterationForLoop",
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in COMPARISONS),
    *(f"core/ReplaceBinaryOperator_{pair}" for pair in CALCULATIONS),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", default=[], metavar="MODULE")
    parser.add_argument("--each", type=int, default=8, help="changes of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    modules = given.modules or list(MODULES)
    chosen = [one for name in modules for one in sample(name, given.each, given.seed)]
    noticed: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="sammelwerk-mutants-") as folder,
        ProcessPoolExecutor(given.at_once, None, enter_a_copy, (folder,)) as pool,
    ):
        for done in as_completed([pool.submit(attempt, one) for one in chosen]):
            module, was_noticed, diff = done.result()
            tried[module] += 1
            noticed[module] += was_noticed
            if not was_noticed:
                print(f"\nNot noticed:\n{diff}", flush=True)
    for module in tried:
        print(f"{noticed[module]:4} of {tried[module]:3}  {module}")
    score = 100 * noticed.total() / max(tried.total(), 1)
    print(f"{noticed.total():4} of {tried.total():3}  noticed: {score:.0f} %")
    return 0


def sample(module: str, count: int, seed: int) -> list[Any]:
    """Choose some of the changes that can be made to a module, at most one of a line.

    Constants of the module are left out: whether a pause is one minute or two is no fault.
    """
    chance = random.Random(seed)
    possible = [item for item in changes_of(module) if is_worth_a_try(item.mutations[0])]
    chance.shuffle(possible)
    of_lines = {item.mutations[0].start_pos[0]: item for item in possible}
    lines = sorted(of_lines)
    chance.shuffle(lines)
    return [of_lines[line] for line in lines[:count]]


def changes_of(module: str) -> list[Any]:
    """List all that Cosmic Ray can change in a module."""
    from cosmic_ray.commands.init import init
    from cosmic_ray.work_db import WorkDB, use_db

    with use_db(":memory:", WorkDB.Mode.create) as changes:
        init([Path(module)], changes, {})
        return list(changes.work_items)


def is_worth_a_try(change: Any) -> bool:
    return change.operator_name in KINDS and change.definition_name is not None


def enter_a_copy(folder: str) -> None:
    """Let this process work in a copy of the repository of its own.

    Some tests must pass there before anything is changed: where none can run, because a package is
    missing, every change would seem to be noticed.
    """
    copy = Path(folder) / str(os.getpid())
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    os.chdir(copy)
    subprocess.run([*PYTEST, JUDGEMENT], check=True, stdout=subprocess.DEVNULL)


def attempt(item: Any) -> tuple[str, bool, str]:
    """Make one change, run the tests, and take it back.

    Answers the module, whether a test failed, and the change.
    """
    from cosmic_ray.mutating import mutate_and_test

    mutations = item.mutations
    module = str(mutations[0].module_path)
    command = " ".join([*PYTEST, MODULES[module]])
    result = mutate_and_test(mutations, command, TIMEOUT)
    return module, result.is_killed, result.diff or ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what takes long last: most changes are noticed before."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

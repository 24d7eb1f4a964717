"""Damages plans of the native engine and runs those that it does not refuse.

A seeded loop (`tests/plan_mutations.py`). It tells most where the kernels have sanitizers in them, as
`scripts/sanitize_kernels.sh` runs it; the plan in hand is kept in a file, so that a crash leaves it
(its number of words, then these):

    python scripts/fuzz_engine_plan.py --seconds 60 --seed 1 --keep broken.plan
    python scripts/fuzz_engine_plan.py --run broken.plan
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from plan_mutations import LONGEST, Plan, accepted, mutated, seed_plans

kernels = import_module("lbpnet._kernels")


def loop(seconds: float, seed: int, keep: Path) -> None:
    """Run the seeded loop; the plan that ends it is in `keep`."""
    draw, plans = np.random.default_rng(seed), seed_plans()
    kept = np.memmap(keep, np.int32, "w+", shape=1 + LONGEST)
    isas = kernels.instruction_sets()
    ran = sound = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        plan = mutated(draw, plans[int(draw.integers(len(plans)))], plans)
        kept[0], kept[1 : 1 + len(plan)] = len(plan), plan
        good = run(plan, isas)
        # What is still sound is damaged further: changes add up.
        if good and len(plans) < 1000:
            plans.append(plan)
        ran, sound = ran + 1, sound + good
    print(f"{ran:,} plans of seed {seed}, {sound:,} of them sound, on {', '.join(isas)}: the others were refused")


def run(plan: Plan, isas: tuple[str, ...]) -> bool:
    """Load a plan and run it; whether it was sound."""
    return accepted(kernels.Engine, plan, isas)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "lbpnet_fuzzed.plan")
    parser.add_argument("--run", type=Path, help="run one plan instead")
    chosen = parser.parse_args()
    if chosen.run is None:
        loop(chosen.seconds, chosen.seed, chosen.keep)
    else:
        words, *plan = np.fromfile(chosen.run, np.int32).tolist()
        sound = run(np.array(plan[:words], np.int32), kernels.instruction_sets())
        print("it runs" if sound else "refused")


if __name__ == "__main__":
    main()

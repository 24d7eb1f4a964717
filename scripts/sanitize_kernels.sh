#!/usr/bin/env bash
# Builds the kernels with AddressSanitizer and UBSan; runs the op tests, the engine's and forged plans on them.
# usage: scripts/sanitize_kernels.sh PYTHON (an environment with nanobind, torch and the test tools)
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

"$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt nanobind
cmake -S . -B "$build" -DLBP_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -Dnanobind_DIR="$("$python" -m nanobind --cmake_dir)" -DPython_EXECUTABLE="$(realpath -s "$python")" >/dev/null
cmake --build "$build" --parallel 2 >/dev/null

# A package of its own: the checkout's sources and the sanitized module.
mkdir "$build/src"
cp -r src/lbpnet "$build/src/"
rm -f "$build"/src/lbpnet/_kernels*
cp "$build"/_kernels*.so "$build/src/lbpnet/"
# Python itself leaks on exit by design; its allocator would hide overruns.
purelib=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
export LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 PYTHONMALLOC=malloc OMP_NUM_THREADS=1
# Without `site` (-S) no editable install of lbpnet can come before the sanitized one.
export PYTHONPATH="$build/src:$purelib"
"$python" -S - "$build" <<'CHECK'
import sys

import lbpnet._kernels as kernels

print("sanitized kernels:", kernels.__file__, kernels.instruction_sets())
sys.exit(None if kernels.__file__.startswith(sys.argv[1]) else "these are not the sanitized kernels")
CHECK
# Triton's kernels are no C of ours.
"$python" -S -m pytest -q -p no:xdist --ignore-glob='*triton*' tests/unit/ops
# All of the engine's parity tests but the hundreds of programs that Hypothesis draws.
"$python" -S -m pytest -q -p no:xdist -m "not slow" --deselect \
    tests/parity/test_engine_paths.py::test_every_path_equals_the_reference_on_random_programs \
    tests/parity/test_engine_paths.py tests/unit/engine/test_engine_plans.py
"$python" -S scripts/fuzz_engine_plan.py --seconds "${FUZZ_SECONDS:-10}" --keep "$build/forged.plan" || {
    cp "$build/forged.plan" forged.plan
    echo "the plan is in forged.plan: scripts/fuzz_engine_plan.py --run forged.plan" >&2
    exit 1
}

#!/usr/bin/env python3
"""Amazon's own Python client walks every operation that dxsim implements.

    run.py --binary PATH --venv FOLDER [--seed N]

Makes the virtual environment if it is not there yet (pip, requirements.txt), starts dxsim on a free
loopback port with a clock that is stepped by hand, and judges every answer against Amazon's service
models. Prints `N passed, N failed`; the exit code is 0 only if nothing failed.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def prepare(venv):
    """Runs this script again inside of the environment, which is made first where it is missing."""
    requirements = HERE / "requirements.txt"
    python = venv / "bin" / "python"
    stamp = venv / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"installing boto3 into {venv}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
            check=True,
        )
        shutil.copy(requirements, stamp)
    if pathlib.Path(sys.prefix).resolve() != venv.resolve():
        os.execv(python, [str(python), *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path, help="the built dxsim")
    parser.add_argument("--venv", required=True, type=pathlib.Path, help="folder of the virtual environment")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    prepare(options.venv)

    import connections
    import ec2
    import gateways
    import harness
    import interfaces
    import selfcheck
    import sts
    import sweep

    print(f"seed {options.seed}")
    simulator = harness.Simulator(options.binary, [HERE / "world.yaml"], options.seed)
    judge = harness.Judge()
    try:
        for part in (selfcheck, sts, ec2, connections, gateways, interfaces, sweep):
            part.walk(simulator, judge)
    finally:
        simulator.stop()
    print(f"{judge.passed} passed, {judge.failed} failed")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())

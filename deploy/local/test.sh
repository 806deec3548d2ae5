#!/bin/sh
# Every test. Each part runs even if one before it failed; the last line says how it went.
set -u
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cache=${DIRECTCONNECT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/directconnect-operator}
failed=

part() {
    name=$1
    shift
    echo "== $name"
    started=$(date +%s)
    if "$@" </dev/null; then
        echo "== $name: ok, $(($(date +%s) - started)) s"
    else
        echo "== $name: FAILED, $(($(date +%s) - started)) s"
        failed="$failed, $name"
    fi
}

boto3_walk() {
    python3 sim/dxsim/tests/boto3/run.py --binary "$target/debug/dxsim" --venv "$cache/venv"
}

part "build" deploy/local/build.sh
[ -z "$failed" ] || { echo "RESULT: failed: ${failed#, }"; exit 1; }
part "aws-sdk-ec2 is built once" deploy/local/one-build.sh
part "cargo test" cargo test --workspace --no-fail-fast
part "boto3 against dxsim" boto3_walk

if [ -n "$failed" ]; then
    echo "RESULT: failed: ${failed#, }"
    exit 1
fi
echo "RESULT: all tests passed"

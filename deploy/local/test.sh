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
# Most tests on a real control plane wait; the campaign, at the lowest priority, uses that time.
campaign_log=$(mktemp)
nice -n 19 "$(deploy/local/built.sh test campaign)" >"$campaign_log" 2>&1 &
campaign_beside=$!
trap 'kill $campaign_beside 2>/dev/null; rm -f "$campaign_log"' EXIT

campaign() {
    echo "runs since the tests began, beside them; waiting for its end"
    wait $campaign_beside
    ended=$?
    cat "$campaign_log"
    return $ended
}

part "cargo test" env CAMPAIGN_RUNS_BESIDE=1 cargo test --workspace --no-fail-fast
part "campaign" campaign
part "boto3 against dxsim" boto3_walk

if [ -n "$failed" ]; then
    echo "RESULT: failed: ${failed#, }"
    exit 1
fi
echo "RESULT: all tests passed"

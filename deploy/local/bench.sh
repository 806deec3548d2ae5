#!/bin/sh
# Runs the benchmarks as they were built by `cargo build --workspace --all-targets`: `cargo bench` would build everything again in its own profile.
set -eu
cd "$(dirname "$0")/../.."
cargo build --workspace --all-targets --message-format=json-render-diagnostics |
    python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message.get("target", {}).get("kind") == ["bench"]:
        print(message["executable"])
' | sort -u | while read -r bench; do
    echo "== $(basename "$bench")"
    "$bench" </dev/null
done

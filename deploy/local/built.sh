#!/bin/sh
# Prints the executable of a test or benchmark as `cargo build --workspace --all-targets` builds it: `built.sh bench figures`.
set -eu
cd "$(dirname "$0")/../.."
cargo build --workspace --all-targets --message-format=json-render-diagnostics | python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    target = message.get("target", {})
    if message.get("executable") and (target.get("kind"), target.get("name")) == ([sys.argv[1]], sys.argv[2]):
        print(message["executable"])
' "$1" "$2"

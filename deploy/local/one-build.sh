#!/bin/sh
# Fails if building and testing the workspace compile aws-sdk-ec2 more than once: another set of features or another profile would cost
# every user ten minutes.
set -eu
cd "$(dirname "$0")/../.."
{
    cargo build --workspace --all-targets --message-format=json-render-diagnostics
    cargo test --workspace --no-run --message-format=json-render-diagnostics
} 2>/dev/null | python3 -c '
import json, sys
found = set()
for line in sys.stdin:
    message = json.loads(line)
    if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "aws_sdk_ec2":
        found.update(name for name in message["filenames"] if name.endswith(".rlib"))
print(*sorted(found), sep="\n")
sys.exit(len(found) != 1)
'

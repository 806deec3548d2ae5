#!/bin/sh
# Format, model tests and plan cases. `cargo test -p` chooses fewer features than the workspace's build, so the model's few dependencies are
# compiled once more the first time (2 minutes, none of the AWS SDK); from then on an edit recompiles the model and nothing behind it.
set -eu
cd "$(dirname "$0")/../.."
cargo fmt --all --check
cargo test --quiet -p directconnect-model

#!/bin/sh
# Builds everything that is run every day, cargo and Go side by side. One set of packages, features and profile always, so that
# aws-sdk-ec2 is built once.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}

if [ ! -x "$target/debug/directconnect-operator" ]; then
    echo "build: the Rust workspace, the first time: about 15 minutes on 2 cores, most of it the AWS SDK; the Kubernetes control plane beside it"
fi
# The supervisor comes first: it knows which programs of the control plane are there, and builds the others while cargo goes on.
cargo build --workspace --bin local
"$target/debug/local" controlplane &
control_plane=$!
trap 'kill $control_plane 2>/dev/null || true' EXIT
cargo build --workspace --all-targets
if kill -0 $control_plane 2>/dev/null; then
    echo "build: waiting for the control plane"
fi
wait $control_plane
trap - EXIT

#!/bin/sh
# The figures of a release build: size of binary and image, start time, memory at 0, 200 and 1,000 objects. The one build with another
# profile (15 minutes, 8 GB); the world around the operator is of the everyday build.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
echo "release-figures: building the release profile: about 15 minutes the first time on 2 cores"
cargo build --release --locked --bin directconnect-operator
binary=$target/release/directconnect-operator
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
deploy/image/assemble.sh "$binary" "$work/root"
echo "binary          $(du -m "$binary" | cut -f1) MB"
echo "image content   $(du -sm "$work/root" | cut -f1) MB"
python3 - "$binary" <<'PY'
import subprocess, sys, time
times = []
for _ in range(20):
    begin = time.monotonic()
    subprocess.run([sys.argv[1], "--version"], check=True, stdout=subprocess.DEVNULL)
    times.append(time.monotonic() - begin)
print(f"start (--version, median of 20)   {sorted(times)[10] * 1000:.1f} ms")
PY
deploy/local/build.sh
"$(deploy/local/built.sh bench figures)" memory "$binary" </dev/null

#!/bin/sh
# The figures of docs/benchmarks.md that need no release build, from what `cargo build --workspace --all-targets` built: `cargo bench` would
# build everything again in its own profile. Hourly and steady figures in virtual time first, then those in real time. About 15 minutes.
set -eu
cd "$(dirname "$0")/../.."

echo "== the machine"
echo "$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), $(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) kB, Linux $(uname -r)"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"

virtual=$(deploy/local/built.sh test virtual_time)
echo "== $(basename "$virtual") scenarios::figures --include-ignored --nocapture --test-threads 1"
"$virtual" scenarios::figures --include-ignored --nocapture --test-threads 1 </dev/null

real=$(deploy/local/built.sh bench figures)
echo "== $(basename "$real")"
"$real" </dev/null

#!/bin/sh
# Says what is missing before anything is built. Nothing that is missing is skipped over.
missing=0

need() {
    tool=$1 why=$2 how=$3
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "missing: $tool, which $why. $how" >&2
        missing=1
    fi
}

# older_than FOUND OLDEST: compares major.minor.
older_than() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n | head -1)" != "$2" ]
}

need cargo "builds the operator and its tests" "Install Rust 1.95 or newer: https://rustup.rs"
need go "builds the Kubernetes control plane" "Install Go 1.26 or newer: https://go.dev/dl"
need cc "compiles the cryptography library" "Install gcc or clang with the C headers (Debian: apt install build-essential)"
need make "runs the targets" "Install GNU make"
need python3 "runs boto3 against the simulator" "Install Python 3.10 or newer with its venv module (Debian: apt install python3-venv)"

if command -v cargo >/dev/null 2>&1; then
    found=$(rustc --version | sed 's/^rustc \([0-9]*\.[0-9]*\).*/\1/')
    if older_than "$found" 1.95; then
        echo "too old: rustc $found, 1.95 is needed. Run: rustup update stable" >&2
        missing=1
    fi
fi
if command -v go >/dev/null 2>&1; then
    # A toolchain that go itself would download counts.
    found=$(cd "$(dirname "$0")/controlplane" && go env GOVERSION 2>/dev/null | sed 's/^go\([0-9]*\.[0-9]*\).*/\1/')
    if [ -z "$found" ] || older_than "$found" 1.26; then
        echo "too old: go ${found:-(see: go version)}, 1.26 is needed: https://go.dev/dl" >&2
        missing=1
    fi
fi
if command -v python3 >/dev/null 2>&1 && ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    echo "python3 is older than 3.10 or lacks its venv module (Debian: apt install python3-venv)" >&2
    missing=1
fi
exit $missing

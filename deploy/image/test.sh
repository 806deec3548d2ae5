#!/bin/sh
# Tests the image's content without a container engine: test.sh BINARY
set -eu

binary=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

"$here/assemble.sh" "$binary" "$root"

fail() {
    echo "image: $1" >&2
    exit 1
}
for file in etc/passwd etc/group etc/nsswitch.conf etc/ssl/certs/ca-certificates.crt usr/share/licenses/directconnect-operator/LICENSE; do
    [ -s "$root/$file" ] || fail "$file is missing"
done
grep -q '^nonroot:x:65532:' "$root/etc/passwd" || fail "no user 65532"
[ -z "$(find "$root" -perm /6000)" ] || fail "something is set-uid"
# Whatever is executable is the operator or a library that it names.
extra=$(find "$root" -type f -perm /111 ! -name 'lib*.so*' ! -name 'ld-linux*' ! -path "$root/usr/bin/directconnect-operator")
[ -z "$extra" ] || fail "executable, but not wanted: $extra"

# The operator runs with the tree's own loader and libraries and nothing of the machine's.
loader=$(find "$root" -name 'ld-linux*' -type f | head -1)
libraries=$(find "$root" -name 'lib*.so*' -type f -exec dirname {} + | sort -u | paste -sd: -)
said=$(env -i "$loader" --inhibit-cache --library-path "$libraries" "$root/usr/bin/directconnect-operator" --version)
case $said in
directconnect-operator\ [0-9]*) ;;
*) fail "--version says: $said" ;;
esac
# The same user and the same entry point in the Dockerfile and the chart.
grep -q '^USER 65532:65532$' "$here/../../Dockerfile" || fail "the Dockerfile's user is not 65532"
grep -q 'runAsUser: 65532' "$here/../../charts/directconnect-operator/templates/deployment.yaml" || fail "the chart's user is not 65532"
echo "image: ok, $(du -sh "$root" | cut -f1) with this binary"

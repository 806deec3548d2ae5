#!/bin/sh
# Makes the whole content of the image: assemble.sh BINARY ROOT
# The binary with the shared libraries it names, CA certificates, a user that is not root, the licence. Nothing else: no shell, no package manager.
set -eu

binary=$1
root=$2
checkout=$(cd "$(dirname "$0")/../.." && pwd)

[ ! -e "$root" ] || { echo "assemble.sh: $root is there already" >&2; exit 1; }
mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$root/usr/share/licenses/directconnect-operator" "$root/tmp"
install -m 0755 "$binary" "$root/usr/bin/directconnect-operator"

# Libraries keep their places, so that the loader finds them without configuration.
ldd "$binary" | sed -n -e 's#.*=> \(/[^ ]*\) .*#\1#p' -e 's#^[[:space:]]*\(/[^ ]*\) (0x.*#\1#p' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    install -m 0755 "$library" "$root$library"
done

certificates=
for candidate in "${CA_CERTIFICATES:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -n "$candidate" ] && [ -s "$candidate" ]; then
        certificates=$candidate
        break
    fi
done
[ -n "$certificates" ] || { echo "assemble.sh: no CA certificates found; name a bundle by CA_CERTIFICATES" >&2; exit 1; }
install -m 0644 "$certificates" "$root/etc/ssl/certs/ca-certificates.crt"

printf 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' > "$root/etc/passwd"
printf 'nonroot:x:65532:\n' > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
install -m 0644 "$checkout/LICENSE" "$root/usr/share/licenses/directconnect-operator/LICENSE"
chmod 1777 "$root/tmp"

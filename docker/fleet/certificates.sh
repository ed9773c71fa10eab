#!/bin/sh
# Makes the certificates of a fleet: sh certificates.sh FOLDER NAME...
# FOLDER gets the authority (ca.crt, ca.key), and for each machine NAME a folder with node.crt, node.key and ca.crt.
# An authority that is there signs the new ones too. Keep ca.key away from all machines.
set -eu
umask 077
mkdir -p "$1"
cd "$1"
shift
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
if [ ! -e ca.key ]; then
  new_key ca.key
  openssl req -x509 -key ca.key -days 3650 -subj '/CN=tmux fleet' -addext keyUsage=critical,keyCertSign,cRLSign -out ca.crt
fi
for name in "$@"; do
  mkdir -p "$name"
  new_key "$name/node.key"
  openssl req -x509 -key "$name/node.key" -CA ca.crt -CAkey ca.key -days 825 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1" -addext basicConstraints=critical,CA:FALSE -out "$name/node.crt"
  cp ca.crt "$name/ca.crt"
done

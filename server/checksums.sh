#!/usr/bin/env bash
# Writes SHA256SUMS beside the files of a release. `sha256sum --check SHA256SUMS` verifies them.
#
#   server/checksums.sh DIRECTORY
set -euo pipefail
cd "${1:?checksums.sh: which directory holds the files of the release?}"

shopt -s nullglob
files=(*.tar.gz *.vsix)
[ "${#files[@]}" -gt 0 ] || { echo "checksums.sh: no archive and no extension in $PWD" >&2 ; exit 2 ; }
sha256sum -- "${files[@]}" > SHA256SUMS

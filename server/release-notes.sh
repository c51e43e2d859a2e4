#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version: the notes of its release.
#
#   server/release-notes.sh VERSION
set -euo pipefail
version=${1:?release-notes.sh: which version?}

notes=$(awk -v heading="## [$version]" '
	/^## / { found = $0 == heading || index($0, heading " ") == 1 ; next }
	found
' "$(dirname "$0")/../CHANGELOG.md")
case $notes in
	*[![:space:]]*) ;;
	*) echo "release-notes.sh: CHANGELOG.md says nothing of $version; add \`## [$version] - DATE\`" >&2 ; exit 2 ;;
esac
# Without the blank lines around them.
sed '/./,$!d' <<< "$notes"

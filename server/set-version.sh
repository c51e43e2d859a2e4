#!/usr/bin/env bash
# Writes a version into every file that has one. `cargo test -p image-scripts-ls-tests --test
# versions` holds them to each other.
#
#   server/set-version.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."
new=${1:?set-version.sh: which version?}
[[ $new =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || {
	echo "set-version.sh: \`$new\` is not a version like 1.2.3" >&2
	exit 2
}
old=$(sed -n '/^\[workspace\.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
pattern=${old//./\\.}

# Rust: the crates take theirs from the workspace.
sed -i "/^\[workspace\.package\]/,/^\[/s/^version = \"$pattern\"/version = \"$new\"/" Cargo.toml
sed -i "/^name = \"image-scripts-ls/{n;s/^version = .*/version = \"$new\"/}" Cargo.lock

# The extension and its tests. In a lock file, the first two are the package's own.
for folder in editors/vscode tests/editors/vscode ; do
	sed -i "0,/\"version\": \"$pattern\"/s//\"version\": \"$new\"/" "$folder/package.json"
	sed -i "1,12s/\"version\": \"$pattern\"/\"version\": \"$new\"/" "$folder/package-lock.json"
done

# Emacs.
sed -i "s/^;; Version: $pattern\$/;; Version: $new/" editors/emacs/image-scripts.el

# The tag that users of the workflows and of the hook are shown.
sed -i "s/\(REVISION: v\)$pattern\$/\1$new/" editors/ci/github-*.yml
sed -i "s/^\(#       rev: v\)$pattern\$/\1$new/" .pre-commit-hooks.yaml

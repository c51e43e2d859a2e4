#!/usr/bin/env bash
# Makes the extension for one kind of machine, with the server in it, and prints where it is:
# image-scripts-PLATFORM.vsix.
#
#   editors/vscode/package.sh [--target TRIPLE] [--binary PATH] [--out DIRECTORY]
#
# Without --binary (or SERVER in the environment) the server is built: for a target that is named
# linked statically (server/build.sh), else an ordinary release, which needs the C library of this
# machine or a newer one. The default directory is target/. `npm ci` has to come first.
set -euo pipefail
# Otherwise a command that fails inside `$(...)` goes unnoticed.
shopt -s inherit_errexit
root=$(cd "$(dirname "$0")/../.." && pwd)

fail() { echo "package.sh: $*" >&2 ; exit 2 ; }

target='' binary=${SERVER:-} out=$root/target
while [ "$#" -gt 0 ] ; do
	case $1 in
		--help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p}' "$0" ; exit ;;
		--target | --binary | --out)
			[ "$#" -gt 1 ] || fail "$1 needs a value"
			declare "${1#--}=$2"
			shift 2
			;;
		*) fail "\`$1\` is not an option; see --help" ;;
	esac
done

machine=${target:-$(rustc -vV | sed -n 's/^host: //p')}
case $machine in
	x86_64-*-linux-*) platform=linux-x64 ;;
	aarch64-*-linux-*) platform=linux-arm64 ;;
	x86_64-apple-darwin) platform=darwin-x64 ;;
	aarch64-apple-darwin) platform=darwin-arm64 ;;
	*) fail "$machine is not supported; use Linux or macOS on x86_64 or aarch64" ;;
esac

if [ -z "$binary" ] && [ -n "$target" ] ; then
	binary=$("$root/server/build.sh" --target "$target")
elif [ -z "$binary" ] ; then
	cargo build --release --locked --manifest-path "$root/Cargo.toml" --package image-scripts-ls 1>&2
	binary=${CARGO_TARGET_DIR:-$root/target}/release/image-scripts-ls
fi
mkdir -p "$out"
binary=$(realpath "$binary") out=$(realpath "$out")

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cd "$root/editors/vscode"
npm run --silent check
npm run --silent build -- --log-level=warning --outfile="$stage/dist/extension.js"
# Its own source map is of no use without the sources.
rm -f "$stage/dist/extension.js.map"

mkdir -p "$stage/server" "$stage/images"
install -m 755 "$binary" "$stage/server/image-scripts-ls"
"${STRIP:-strip}" "$stage/server/image-scripts-ls"
cp images/*.png images/view.svg "$stage/images/"
cp -r walkthrough "$stage/"
cp README.md "$root/CHANGELOG.md" "$stage/"
cp "$root/LICENSE" "$stage/LICENSE.txt"
# What is only for building is left out.
node -e '
	const { scripts, devDependencies, dependencies, ...rest } = require("./package.json");
	process.stdout.write(JSON.stringify({ ...rest, files: ["**"] }, null, 2) + "\n");
' > "$stage/package.json"

vsce=$PWD/node_modules/.bin/vsce
cd "$stage"
"$vsce" package --target "$platform" --no-dependencies --no-rewrite-relative-links --skip-license \
	--out "$out/image-scripts-$platform.vsix" 1>&2
echo "$out/image-scripts-$platform.vsix"

#!/usr/bin/env bash
# Makes the extension for this platform, with the server in it: target/image-scripts-PLATFORM.vsix.
#
# The server is linked statically (musl) where the toolchain can; else it is the usual release.
set -euo pipefail
# Else a build that fails in a command substitution goes unnoticed.
shopt -s inherit_errexit
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
stage=$root/target/vscode/stage

case $(uname -s)-$(uname -m) in
	Linux-x86_64) platform=linux-x64 musl=x86_64-unknown-linux-musl ;;
	Linux-aarch64) platform=linux-arm64 musl=aarch64-unknown-linux-musl ;;
	Darwin-arm64) platform=darwin-arm64 musl= ;;
	Darwin-x86_64) platform=darwin-x64 musl= ;;
	*) echo "package.sh: no extension is made for $(uname -s) on $(uname -m)" >&2 ; exit 2 ;;
esac

build_server() {
	local libraries
	libraries=$(rustc --print target-libdir --target "$musl" 2> /dev/null || true)
	if [ -n "$musl" ] && [ -d "$libraries" ] && command -v musl-gcc > /dev/null ; then
		cargo build --release --locked --manifest-path "$root/Cargo.toml" --target "$musl" 1>&2
		echo "$root/target/$musl/release/image-scripts-ls"
	else
		echo "package.sh: no musl here: the server needs the C library of this system, or a newer one" >&2
		cargo build --release --locked --manifest-path "$root/Cargo.toml" 1>&2
		echo "$root/target/release/image-scripts-ls"
	fi
}

server=$(build_server)
npm run --silent check
npm run --silent build -- --log-level=warning

rm -rf "$stage"
mkdir -p "$stage/server" "$stage/dist" "$stage/images"
install -m 755 "$server" "$stage/server/"
strip "$stage/server/image-scripts-ls"
cp dist/extension.js "$stage/dist/"
cp images/*.png "$stage/images/"
cp README.md CHANGELOG.md "$stage/"
cp "$root/LICENSE" "$stage/LICENSE.txt"
# What is only for building is left out.
node -e '
	const { scripts, devDependencies, dependencies, ...rest } = require("./package.json");
	process.stdout.write(JSON.stringify({ ...rest, files: ["**"] }, null, 2) + "\n");
' > "$stage/package.json"

vsce=$PWD/node_modules/.bin/vsce
cd "$stage"
"$vsce" package --target "$platform" --no-dependencies --allow-missing-repository \
	--no-rewrite-relative-links --skip-license --out "$root/target/image-scripts-$platform.vsix" 1>&2
echo "$root/target/image-scripts-$platform.vsix"

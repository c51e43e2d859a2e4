#!/usr/bin/env bash
# Builds a release of the program that needs nothing of the system it runs on, and prints where it
# is.
#
#   server/build.sh [--target TRIPLE]
#
# The target is this machine's with musl where the toolchain has it, else with glibc, linked
# statically as well. On macOS, which has no static libraries, it is an ordinary release.
set -euo pipefail
# Otherwise a command that fails inside `$(...)` goes unnoticed.
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

target=
while [ "$#" -gt 0 ] ; do
	case $1 in
		--target) target=${2:?build.sh: --target needs a triple} ; shift 2 ;;
		--help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p}' "$0" ; exit ;;
		*) echo "build.sh: \`$1\` is not an option; see --help" >&2 ; exit 2 ;;
	esac
done

has_target() {
	local libraries
	libraries=$(rustc --print target-libdir --target "$1" 2> /dev/null || true)
	[ -n "$libraries" ] && [ -d "$libraries" ]
}

host=$(rustc -vV | sed -n 's/^host: //p')
musl=${host/-linux-gnu/-linux-musl}
if [ -z "$target" ] ; then
	target=$host
	if has_target "$musl" && command -v musl-gcc > /dev/null ; then
		target=$musl
	fi
fi
has_target "$target" || {
	echo "build.sh: Rust has no $target here; get it with: rustup target add $target" >&2
	exit 2
}

case $target in
	"$musl")
		# The parsers and the allocator are C. Debian's compiler for musl has one name on every machine.
		variable=CC_${target//-/_}
		command -v "${!variable:-${target%%-*}-linux-musl-gcc}" > /dev/null \
			|| export "$variable=musl-gcc"
		;;
	*-linux-gnu) export RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" ;;
esac

# With a target, even this machine's own, the flags are not those of build scripts.
cargo build --release --locked --package image-scripts-ls --target "$target" 1>&2
echo "${CARGO_TARGET_DIR:-$PWD/target}/$target/release/image-scripts-ls"

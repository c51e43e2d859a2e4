#!/usr/bin/env bash
# Makes the archive of the program for one kind of machine, and prints where it is:
# image-scripts-ls-VERSION-TARGET.tar.gz, with shell completions and manual pages.
#
#   server/package.sh [--target TRIPLE] [--binary PATH [--generator PATH]] [--out DIRECTORY]
#
# Without --binary the program is built (server/build.sh). One that does not run on this machine
# needs a --generator: the same version for this machine, which writes completions and manual pages
# in its place. The default directory is target/package.
#
# What is in the archive is laid out as below a prefix:
#
#   tar -C ~/.local --strip-components=1 -xzf image-scripts-ls-VERSION-TARGET.tar.gz
#
# The same program of the same commit makes the same archive, to the byte: the date in it is the
# commit's, or SOURCE_DATE_EPOCH where there is no git.
set -euo pipefail
# Otherwise a command that fails inside `$(...)` goes unnoticed.
shopt -s inherit_errexit
root=$(cd "$(dirname "$0")/.." && pwd)

fail() { echo "package.sh: $*" >&2 ; exit 2 ; }

target='' binary='' generator='' out=$root/target/package
while [ "$#" -gt 0 ] ; do
	case $1 in
		--help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p}' "$0" ; exit ;;
		--target | --binary | --generator | --out)
			[ "$#" -gt 1 ] || fail "$1 needs a value"
			declare "${1#--}=$2"
			shift 2
			;;
		*) fail "\`$1\` is not an option; see --help" ;;
	esac
done

if [ -z "$binary" ] ; then
	binary=$("$root/server/build.sh" ${target:+--target "$target"})
	# The folder that Cargo builds in is called like the target.
	target=$(basename "$(dirname "$(dirname "$binary")")")
fi
[ -n "$target" ] || target=$(rustc -vV | sed -n 's/^host: //p')
[ -n "$generator" ] || generator=$binary
for program in "$binary" "$generator" ; do
	[ -x "$program" ] || fail "$program is not a program"
done

version=$(sed -n '/^\[workspace\.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$root/Cargo.toml")
said=$("$generator" --version) \
	|| fail "$generator does not run on this machine; pass --generator with one that does"
case $said in
	"image-scripts-ls $version" | "image-scripts-ls $version "*) ;;
	*) fail "$generator is \`$said\`, not $version; build it again" ;;
esac
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" -c log.showSignature=false log -1 --format=%ct)}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
name=image-scripts-ls-$version-$target
prefix=$stage/$name
share=$prefix/share

install -D -m 755 "$binary" "$prefix/bin/image-scripts-ls"
"${STRIP:-strip}" "$prefix/bin/image-scripts-ls"

completions() { mkdir -p "$(dirname "$2")" && "$generator" completions "$1" > "$2" ; }
completions bash "$share/bash-completion/completions/image-scripts-ls"
completions fish "$share/fish/vendor_completions.d/image-scripts-ls.fish"
completions zsh "$share/zsh/site-functions/_image-scripts-ls"
mkdir -p "$share/man"
"$generator" man --out "$share/man/man1"

for file in README.md CHANGELOG.md LICENSE ; do
	install -D -m 644 "$root/$file" "$share/doc/image-scripts-ls/$file"
done

mkdir -p "$out"
archive=$(cd "$out" && pwd)/$name.tar.gz
tar --create --directory "$stage" --format=ustar --sort=name --mtime="@$epoch" \
	--owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX "$name" \
	| gzip --no-name --best > "$archive"
echo "$archive"

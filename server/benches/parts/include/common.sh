# Read by bin/runner before every build script and by bin/test before every
# test. Nothing in here knows about a particular distribution.

function warn {
	printf 'image-scripts: %s\n' "$*" >&2
}

function fail {
	warn "$@"
	exit 1
}

function require_cmd {
	local tool

	for tool in "$@" ; do
		type -P "$tool" > /dev/null || fail "builder does not have $tool"
	done
}

# Package scripts expect the kernel's file systems in the new root.
function prepare-chroot {
	local root="$1"

	mkdir -p "$root"/{dev,proc,sys}
	mount --rbind /dev "$root/dev"
	mount --make-rslave "$root/dev"
	mount -t proc none "$root/proc"
	mount -t sysfs none "$root/sys"
}

function leave-chroot {
	local root="$1" dir

	for dir in sys proc dev ; do
		umount -R "$root/$dir"
	done
}

function enter-chroot {
	local root="$1" rc
	shift

	prepare-chroot "$root"
	chroot "$root" "$@"
	rc=$?
	leave-chroot "$root"

	return $rc
}

# Adds standard input to the script that run-configure executes in the new root.
function configure-append {
	cat >> "$CONFIGURE"
}

# Whatever was appended so far moves below the given interpreter line.
function configure-shebang {
	local body=

	[ -e "$CONFIGURE" ] && body=$(< "$CONFIGURE")
	printf '%s\n%s\n' "$1" "$body" > "$CONFIGURE"
}

function configure-common {
	configure-append <<EOF
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

zone=/usr/share/zoneinfo/${TIMEZONE:-Europe/Bratislava}
[ -e "\$zone" ] && ln -sfn "\$zone" /etc/localtime

ln -sfn /proc/self/mounts /etc/mtab
EOF
}

# Sets one option of the SSH server, commented out or not.
function configure-sshd {
	local option="$1" value="$2"

	configure-append <<EOF
sed -i -E 's/^#? *$option .*/$option $value/' /etc/ssh/sshd_config
grep -q '^$option ' /etc/ssh/sshd_config || echo "$option $value" >> /etc/ssh/sshd_config
EOF
}

function run-configure {
	touch "$CONFIGURE"
	chmod 700 "$CONFIGURE"
	enter-chroot "$INSTALL" "/tmp/${CONFIGURE##*/}" || warn "configuration script has failed"
	rm "$CONFIGURE"
}

# Command that the container is started with, as items of a YAML list.
function set-initcmd {
	local word

	INITCMD=
	for word in "$@" ; do
		INITCMD+="- \"$word\""$'\n'
	done
}

require_cmd wget

BASEURL="https://mirror.example.org/$DISTNAME/live/current"
ROOTFS=

function fetch-rootfs {
	local pattern

	case "$VARIANT" in
		musl) pattern='root-x86_64-musl-ROOTFS-[0-9]*\.tar\.xz' ;;
		*) pattern='root-x86_64-ROOTFS-[0-9]*\.tar\.xz' ;;
	esac

	wget -q "$BASEURL/sha256sum.txt" || fail "unable to fetch checksums"
	ROOTFS=$(grep -o -m 1 "$pattern" sha256sum.txt)
	[ -n "$ROOTFS" ] || fail "no archive fits $pattern"

	wget -q "$BASEURL/$ROOTFS" || fail "unable to fetch $ROOTFS"
	sha256sum --ignore-missing -c sha256sum.txt || fail "$ROOTFS is damaged"
}

function unpack-rootfs {
	tar -C "$INSTALL" -xpJf "$DOWNLOAD/$ROOTFS"
	cp /etc/resolv.conf "$INSTALL/etc/"
}

function configure-runit {
	configure-append <<'EOF'
# xbps refuses to update anything else before itself.
xbps-install -Suy xbps
xbps-install -Suy
xbps-install -y vim openssh

services=/etc/runit/runsvdir/default
rm -f $services/agetty-tty? $services/udevd
for service in agetty-console sshd ; do
	ln -sfn "/etc/sv/$service" "$services/$service"
done

usermod -s /bin/bash root
passwd -l root
: > /etc/resolv.conf
EOF

	configure-sshd PermitRootLogin yes
}

function generate-runit {
	fetch-rootfs
	unpack-rootfs
	configure-shebang "#!/bin/sh"
	configure-common
	configure-runit
	run-configure
}

require_cmd curl

AUTOBUILDS="$BASEURL/$DISTNAME/releases/amd64/autobuilds"
STAGE3=

function fetch-stage3 {
	local path

	path=$(curl -fsS "$AUTOBUILDS/latest-stage3-amd64-$VARIANT.txt" \
		| awk '/stage3-.*\.tar\.xz/ { print $1; exit }')
	[ -n "$path" ] || fail "there is no stage3 of flavour $VARIANT"

	STAGE3="${path##*/}"
	curl -fsS -O "$AUTOBUILDS/$path" -O "$AUTOBUILDS/$path.sha256" || fail "unable to fetch $STAGE3"
	sha256sum --ignore-missing -c "$STAGE3.sha256" || fail "$STAGE3 is damaged"
}

function unpack-stage3 {
	tar -C "$INSTALL" --xattrs-include='*.*' --numeric-owner -xpJf "$DOWNLOAD/$STAGE3"
	cp /etc/resolv.conf "$INSTALL/etc/"
}

# Everything between begin and end is the business of the flavour.
function configure-stage-begin {
	configure-shebang "#!/bin/bash"
	configure-common

	configure-append <<EOF
source /etc/profile

echo "LANG=en_US.UTF-8" > /etc/env.d/02locale
echo "Europe/Bratislava" > /etc/timezone
echo 'STAGE_MIRRORS="$BASEURL"' >> /etc/portage/make.conf

emerge-webrsync --quiet

# The builder's number of processors must not end up in the image.
export MAKEOPTS="-j\$(nproc)"

emerge --quiet-build --update --deep --newuse @world
emerge --quiet-build app-editors/vim net-misc/dhcpcd sys-apps/iproute2
EOF
}

# Flavours with systemd bring their own network.
function configure-stage-systemd {
	configure-append <<'EOF'
systemd-machine-id-setup
systemctl enable sshd.service
systemctl enable systemd-networkd.service
systemctl disable systemd-resolved.service

for unit in tmp.mount dev-hugepages.mount ; do
	systemctl mask $unit
done
EOF
}

# Flavours with OpenRC share this, whatever their C library is.
function configure-stage-openrc {
	configure-append <<'EOF'
sed -i -E 's/^#? *rc_sys=.*/rc_sys="lxc"/' /etc/rc.conf

for service in sshd cronie ; do
	[ -e "/etc/init.d/$service" ] && rc-update add "$service" default
done

sed -i '/agetty.*tty[0-9]/d' /etc/inittab
cat >> /etc/inittab <<END
co:2345:respawn:/sbin/agetty -L 38400 console linux
pw:12345:powerwait:/sbin/halt
END
EOF
}

function configure-stage-end {
	configure-sshd PermitRootLogin yes
	configure-sshd PasswordAuthentication yes

	configure-append <<EOF
eselect news read --quiet new
rm -rf /var/cache/distfiles/* /var/tmp/portage
passwd -l root
: > /etc/resolv.conf
EOF
}

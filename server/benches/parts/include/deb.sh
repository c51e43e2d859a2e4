require_cmd debootstrap

CONFIGURE_DEB="$CONFIGURE.deb"

function bootstrap {
	local scripts=/usr/share/debootstrap/scripts
	local template="${SUITETEMPLATE:-sid}"

	# The builder is usually older than the newest release.
	[ -e "$scripts/$RELNAME" ] || ln -s "$template" "$scripts/$RELNAME"

	debootstrap --arch=amd64 --include=locales,ca-certificates "$RELNAME" "$INSTALL" "$BASEURL" \
		|| fail "unable to bootstrap $RELNAME"

	cp /etc/resolv.conf "$INSTALL/etc/"
}

# Collects commands that configure-deb runs after the packages it installs
# and before it cleans up.
function configure-deb-append {
	cat >> "$CONFIGURE_DEB"
}

function configure-deb {
	configure-shebang "#!/bin/bash"

	configure-append <<EOF
export DEBIAN_FRONTEND=noninteractive

# Nothing may start while packages are being installed.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d

echo "en_US.UTF-8 UTF-8" >> /etc/locale.gen
locale-gen
update-locale LANG=en_US.UTF-8

apt-get update
apt-get -y full-upgrade
apt-get -y install ifupdown iproute2 less man-db openssh-server vim

# Needed by snaps.
apt-get -y install fuse3 squashfuse

for package in eject ntpdate resolvconf ; do
	dpkg -s "\$package" > /dev/null 2>&1 || continue
	apt-get -y purge "\$package"
done

$(cat "$CONFIGURE_DEB" 2> /dev/null)

apt-get clean
rm -f /usr/sbin/policy-rc.d /etc/hostname
passwd -l root
: > /etc/resolv.conf
EOF
}

# Old releases start their services before the network is there.
function configure-deb-network-wait {
	configure-deb-append <<'END'
mkdir -p /etc/systemd/system/networking.service.d
cat > /etc/systemd/system/networking.service.d/vpsadminos.conf <<DROPIN
[Service]
TimeoutStartSec=120
DROPIN
END
}

# Newer ones bring a resolver that stands in the way of the host's.
function configure-deb-resolver {
	configure-append <<EOF
for unit in systemd-resolved.service systemd-networkd-wait-online.service ; do
	[ -e "/usr/lib/systemd/system/\$unit" ] || continue
	systemctl disable "\$unit"
done
systemctl mask systemd-resolved.service
EOF
}

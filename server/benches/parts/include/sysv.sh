require_cmd debootstrap

CONFIGURE_SYSV="$CONFIGURE.sysv"

function bootstrap {
	local suites=/usr/share/debootstrap/scripts

	# Old builders do not know new suites, all of them are set up like base.
	[ -e "$suites/$RELNAME" ] || ln -s base "$suites/$RELNAME"

	debootstrap --arch=amd64 --include=locales,ca-certificates "$RELNAME" "$INSTALL" "$BASEURL" \
		|| fail "unable to bootstrap $RELNAME"

	cat > "$INSTALL/etc/apt/sources.list" <<SOURCES
deb $BASEURL $RELNAME main
deb $BASEURL $RELNAME-updates main
deb $BASEURL $RELNAME-security main
SOURCES

	cp /etc/resolv.conf "$INSTALL/etc/"
}

# Collects commands for the middle of configure-sysv, while packages can be
# installed and the network is up.
function configure-sysv-append {
	cat >> "$CONFIGURE_SYSV"
}

function configure-sysv {
	configure-shebang "#!/bin/bash"

	configure-append <<EOF
export DEBIAN_FRONTEND=noninteractive

printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d

echo "en_US.UTF-8 UTF-8" >> /etc/locale.gen
locale-gen
echo "LANG=en_US.UTF-8" > /etc/default/locale

apt-get update
apt-get -y upgrade
apt-get -y install ifupdown iproute2 less man-db openssh-server vim

for package in eject ntpdate resolvconf ; do
	apt-get -y purge \$package
done

# Host keys are made by the first start of the container.
rm -f /etc/ssh/ssh_host_*
cat > /etc/init.d/ssh-host-keys <<"INITSCRIPT"
#!/bin/sh
### BEGIN INIT INFO
# Provides:          ssh-host-keys
# Required-Start:    \$local_fs
# Required-Stop:
# Default-Start:     S
# Default-Stop:
# Short-Description: Create missing SSH host keys
### END INIT INFO

[ "\$1" = start ] && ssh-keygen -A
exit 0
INITSCRIPT
chmod 755 /etc/init.d/ssh-host-keys
update-rc.d ssh-host-keys defaults

sed -i '/^[0-9].*getty/d' /etc/inittab
cat >> /etc/inittab <<END
co:2345:respawn:/sbin/agetty --noclear console 38400
pw::powerwait:/sbin/halt
END

$(cat "$CONFIGURE_SYSV" 2> /dev/null)

apt-get clean
rm -f /usr/sbin/policy-rc.d /etc/hostname
passwd -l root
: > /etc/resolv.conf
EOF
}

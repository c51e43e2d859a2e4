require_cmd curl dnf rpm

YUMCONF="$DOWNLOAD/install.conf"

# The package manager of the builder, told to work in the new root and with
# the repositories of the release only.
function install-root {
	dnf -y -c "$YUMCONF" --installroot="$INSTALL" \
		--disablerepo='*' --enablerepo="$DISTNAME-*" "$@"
}

function write-yumconf {
	local gpgcheck=1

	cat > "$YUMCONF" <<EOF
[main]
cachedir=$DOWNLOAD/cache/\$basearch/\$releasever
logfile=$DOWNLOAD/install.log
keepcache=0
plugins=1

[$DISTNAME-base]
name=$DISTNAME base
baseurl=$BASEURL
gpgcheck=$gpgcheck
EOF

	[ -z "$UPDATES" ] && return

	cat >> "$YUMCONF" <<EOF

[$DISTNAME-updates]
name=$DISTNAME updates
baseurl=$UPDATES
gpgcheck=$gpgcheck
EOF
}

function bootstrap {
	local url file

	mkdir -p "$INSTALL/var/lib/rpm"
	rpm --root "$INSTALL" --initdb

	for url in $RELEASE ; do
		file="$DOWNLOAD/${url##*/}"
		curl -fsS -o "$file" "$url" || fail "$url is not there, has it been updated?"
		rpm --root "$INSTALL" --nodeps -i "$file" || fail "unable to install $file"
	done

	write-yumconf
	prepare-chroot "$INSTALL"

	if [ -n "$GROUPNAME" ] ; then
		install-root group install "$GROUPNAME" || fail "unable to install group $GROUPNAME"
	fi

	install-root install $EXTRAPKGS || fail "unable to install packages"
	[ -n "$REMOVEPKGS" ] && install-root remove $REMOVEPKGS
	install-root clean all

	leave-chroot "$INSTALL"
	cp /etc/resolv.conf "$INSTALL/etc/"
}

function configure-rpm-common {
	configure-append <<EOF
echo "%_netsharedpath /proc:/sys" > /etc/rpm/macros.vpsadminos
rm -f /etc/ssh/ssh_host_*
passwd -l root

systemctl mask var-lib-nfs-rpc_pipefs.mount
systemctl mask rngd.service
systemctl enable sshd.service
EOF

	configure-sshd PermitRootLogin yes
}

# NetworkManager must leave resolv.conf to the host.
function configure-networkmanager {
	configure-append <<'EOF'
cat > /etc/NetworkManager/conf.d/vpsadminos.conf <<CONF
[main]
dns=none
rc-manager=file
CONF
EOF
}

# The same with network scripts, which are gone since the tenth release.
function configure-networkmanager-ifcfg {
	configure-append <<'EOF'
cat > /etc/NetworkManager/conf.d/vpsadminos.conf <<CONF
[main]
dns=none
plugins=ifcfg-rh,keyfile
rc-manager=file
CONF
EOF
}

function configure-rpm {
	configure-append <<EOF
dnf -y upgrade
dnf clean all
: > /etc/resolv.conf

systemctl disable firewalld.service
systemctl mask kdump.service
systemctl mask tuned.service
systemctl mask auditd.service
EOF
}

function configure-rpm-old {
	configure-rpm
	configure-networkmanager-ifcfg
	configure-systemd-sessions

	configure-append <<EOF
systemctl mask plymouth-start.service
EOF
}

function configure-rpm-middle {
	configure-rpm
	configure-networkmanager-ifcfg
}

function configure-rpm-new {
	configure-rpm
	configure-networkmanager

	configure-append <<EOF
systemctl mask audit-rules.service
EOF
}

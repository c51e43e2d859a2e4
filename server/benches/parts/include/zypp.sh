require_cmd zypper

REPOSITORY="$BASEURL/distribution/$SPIN/$SPINVER/repo/oss/"
UPDATES="$BASEURL/update/$SPIN/$SPINVER/oss/"

PATTERNS="patterns-base-base patterns-base-sw_management"
EXTRAPKGS="ca-certificates-mozilla iproute2 iputils less openssh procps timezone vim wicked"

# zypper for the new root, not for the builder
function zypper-root {
	zypper --root "$INSTALL" --non-interactive --gpg-auto-import-keys "$@"
}

function bootstrap {
	prepare-chroot "$INSTALL"

	zypper-root addrepo --refresh "$REPOSITORY" oss || fail "unable to add $REPOSITORY"
	zypper-root addrepo --refresh "$UPDATES" updates || fail "unable to add $UPDATES"
	zypper-root install --no-recommends aaa_base shadow $PATTERNS $EXTRAPKGS \
		|| fail "unable to install packages"
	zypper-root clean --all

	leave-chroot "$INSTALL"
	cp /etc/resolv.conf "$INSTALL/etc/"
}

function configure-zypp {
	configure-append <<EOF
[ -e /sbin/init ] || ln -s ../usr/lib/systemd/systemd /sbin/init
echo "%_netsharedpath /proc:/sys" > /etc/rpm/macros.vpsadminos
echo console >> /etc/securetty

systemctl enable sshd.service
systemctl enable wicked.service
systemctl mask systemd-hostnamed.service

mkdir -p /etc/ssh/sshd_config.d
cat > /etc/ssh/sshd_config.d/50-vpsadminos.conf <<SSHD
PermitRootLogin yes
PasswordAuthentication yes
SSHD

passwd -l root
: > /etc/resolv.conf
EOF
}

# What is left of the installation source would be asked for a medium.
function configure-zypp-repositories {
	configure-append <<EOF
for repository in oss updates ; do
	zypper --non-interactive modifyrepo --refresh "\$repository"
done
zypper --non-interactive refresh
zypper clean --all
EOF
}

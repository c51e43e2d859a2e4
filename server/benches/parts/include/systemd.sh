# What systemd needs to know about living in a container. Build scripts source
# this after the include of their family.

# Call it in every image with systemd.
function configure-systemd {
	configure-append <<EOF
: > /etc/machine-id
install -d -m 2755 /var/log/journal

systemctl mask systemd-journald-audit.socket
systemctl mask sys-kernel-debug.mount
systemctl mask sys-kernel-config.mount

# Devices belong to the host, except for network interfaces.
mkdir -p /etc/systemd/system/systemd-udev-trigger.service.d
cat > /etc/systemd/system/systemd-udev-trigger.service.d/vpsadminos.conf <<DROPIN
[Service]
ExecStart=
ExecStart=-udevadm trigger --action=add --subsystem-match=net
DROPIN

# A busy node starts many containers at once.
mkdir -p /etc/systemd/system.conf.d
cat > /etc/systemd/system.conf.d/vpsadminos.conf <<DROPIN
[Manager]
DefaultTimeoutStartSec=15min
DROPIN
EOF
}

# Distributions whose packages insist on loading modules.
function configure-systemd-modules {
	configure-append <<EOF
for unit in systemd-modules-load.service proc-sys-fs-binfmt_misc.mount ; do
	[ -e "/usr/lib/systemd/system/\$unit" ] || echo "\$unit is masked, but not installed"
done

systemctl mask systemd-modules-load.service
systemctl mask proc-sys-fs-binfmt_misc.mount
EOF
}

# Sessions of old releases do not end until their time is up.
function configure-systemd-sessions {
	configure-append <<'EOF'
mkdir -p /etc/systemd/system/user@.service.d
cat > /etc/systemd/system/user@.service.d/vpsadminos.conf <<DROPIN
[Service]
TimeoutStopSec=20
DROPIN
EOF
}

# Creates SSH host keys on the first start, for distributions that do it when
# the package is installed.
function configure-systemd-keygen {
	configure-append <<'EOF'
rm -f /etc/ssh/ssh_host_*

cat > /etc/systemd/system/ssh-host-keys.service <<"UNIT"
[Unit]
Description=Create missing SSH host keys
Before=ssh.service sshd.service
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
UNIT

systemctl enable ssh-host-keys.service
EOF
}

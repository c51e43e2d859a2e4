. "$IMAGEDIR/config.sh"
RELNAME=@CODENAME@
BASEURL=https://mirror.example.org/@DISTRIBUTION@/merged

. $INCLUDE/sysv.sh

bootstrap

install -m 755 "$IMAGEDIR/cgroups-mount.initscript" "$INSTALL/etc/init.d/cgroups-mount"

configure-common

configure-sysv-append <<EOF
update-rc.d cgroups-mount defaults

for tool in @PACKAGES@ ; do
	apt-get -y install \$tool
done
EOF

configure-sysv
@BLOCKS@
configure-sshd PermitRootLogin yes
run-configure

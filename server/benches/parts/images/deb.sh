. "$IMAGEDIR/config.sh"
RELNAME=@CODENAME@
BASEURL=https://mirror.example.org/@DISTRIBUTION@
EXTRAPKGS="@PACKAGES@"

. "$INCLUDE/deb.sh"
. "$INCLUDE/systemd.sh"

bootstrap

cat > "$INSTALL/etc/apt/sources.list" <<SOURCES
deb $BASEURL $RELNAME main contrib
deb $BASEURL $RELNAME-updates main contrib
deb $BASEURL-security $RELNAME-security main contrib
SOURCES

configure-common
configure-deb-append <<EOF
for pkg in $EXTRAPKGS ; do
	apt-get -y install "\$pkg" || echo "\$pkg is not available"
done
EOF

@AGE@
configure-deb
configure-systemd
configure-systemd-keygen
@BLOCKS@
configure-sshd PermitRootLogin yes
run-configure

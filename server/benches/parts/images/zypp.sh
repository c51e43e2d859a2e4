. "$IMAGEDIR/config.sh"
BASEURL=https://mirror.example.org/@DISTRIBUTION@

. "$INCLUDE/zypp.sh"
. "$INCLUDE/systemd.sh"

bootstrap
configure-common
configure-systemd
configure-systemd-modules
configure-zypp
configure-zypp-repositories
@BLOCKS@
run-configure

. "$IMAGEDIR/config.sh"

POINTVER=@RELEASE@.@POINT@
BASEURL=https://mirror.example.org/@DISTRIBUTION@/$POINTVER/BaseOS/x86_64/os
RELEASE=$BASEURL/Packages/@DISTRIBUTION@-release-$POINTVER-@BUILD@.el@RELEASE@.x86_64.rpm

# There are no separate updates, more packages are in the other repository.
UPDATES=https://mirror.example.org/@DISTRIBUTION@/$POINTVER/AppStream/x86_64/os

GROUPNAME=core
EXTRAPKGS="@DISTRIBUTION@-repos man-db @PACKAGES@"
REMOVEPKGS=plymouth

. $INCLUDE/rpm.sh
. $INCLUDE/systemd.sh

bootstrap
configure-common
configure-systemd
configure-systemd-modules
configure-rpm-common
@AGE@
@BLOCKS@
run-configure

. "$IMAGEDIR"/config.sh
BASEURL=https://mirror.example.org/@DISTRIBUTION@

. "$INCLUDE"/pacstrap.sh
. "$INCLUDE"/systemd.sh

bootstrap

configure-shebang "#!/bin/bash"
configure-common
configure-systemd
configure-systemd-modules
configure-pacstrap
@BLOCKS@
configure-sshd PermitRootLogin yes
run-configure

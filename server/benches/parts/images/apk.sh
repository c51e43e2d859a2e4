. "$IMAGEDIR"/config.sh
. "$INCLUDE"/apk.sh

bootstrap

install -m 755 "$IMAGEDIR"/cgroups-mount.initd "$INSTALL"/etc/init.d/cgroups-mount

configure-shebang "#!/bin/sh"
configure-common
configure-apk
@BLOCKS@
configure-sshd PermitRootLogin yes
run-configure

. "$IMAGEDIR/config.sh"
TREEVER=@CODENAME@

. "$INCLUDE/tarball.sh"

bootstrap
configure-shebang "#!/bin/bash"
configure-common
configure-tarball
@BLOCKS@
run-configure

VARIANT=@CODENAME@
. "$IMAGEDIR/config.sh"
BASEURL=https://mirror.example.org

. "$INCLUDE/stage.sh"

fetch-stage3
unpack-stage3
configure-stage-begin
@AGE@
@BLOCKS@
configure-stage-end
run-configure

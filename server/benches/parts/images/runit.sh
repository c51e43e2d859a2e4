VARIANT=@CODENAME@
. "$IMAGEDIR/config.sh"
. "$INCLUDE/runit.sh"

generate-runit

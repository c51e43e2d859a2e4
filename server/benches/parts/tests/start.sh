osctl ct start "$CTID" || fail "container does not start"
osctl ct ls -H -o state "$CTID" | grep -q running || fail "container is not running"

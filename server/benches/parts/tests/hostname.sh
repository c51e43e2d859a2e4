function hostname_inside {
	osctl ct exec "$CTID" hostname
}

osctl ct set hostname "$CTID" first.example.org || fail "cannot set hostname"
osctl ct start "$CTID" || fail "container does not start"
[ "$(hostname_inside)" == "first.example.org" ] || fail "hostname was not set on start"

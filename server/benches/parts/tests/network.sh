ADDRESS="$OSCTL_IMAGE_TEST_IPV4_ADDRESS"

osctl ct netif new routed "$CTID" eth0 || fail "cannot add interface"
osctl ct netif ip add "$CTID" eth0 "$ADDRESS/32" || fail "cannot add $ADDRESS"
osctl ct start "$CTID" || fail "container does not start"

tries=0
until ping -c 1 -W 1 "$ADDRESS" > /dev/null ; do
	tries=$(( tries + 1 ))
	[ $tries == 90 ] && fail "no answer from $ADDRESS"
	sleep 1
done

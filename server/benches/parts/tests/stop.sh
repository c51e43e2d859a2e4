osctl ct start "$CTID" || fail "container does not start"

# Init needs a moment before it listens to anything.
sleep 20

osctl ct stop --dont-kill "$CTID" || fail "container does not shut down by itself"

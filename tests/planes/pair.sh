# pair.sh - two network namespaces, a wire between them, and a data plane at each end
#
# Sourced by the tests of this folder. Nothing outside the two namespaces is touched; they go
# away with the test.

A=ikp-a-$$ B=ikp-b-$$
WORK=$(mktemp -d)
DRIVER=${DRIVER:-./planepair}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failed=0

skip() { echo "skipped: $1"; exit 77; }
note() { echo "== $*"; }
bad() { echo "FAILED: $*"; failed=1; }

need() {
	[ "$(id -u)" = 0 ] || skip "only root may make network namespaces here"
	[ -c /dev/net/tun ] || skip "this machine has no /dev/net/tun"
	command -v ip >/dev/null || skip "iproute2 is not installed"
	command -v python3 >/dev/null || skip "python3 is not installed"
	ip netns add "$A" 2>/dev/null || skip "the kernel gives no network namespace"
}

clean() {
	stop_ends
	ip netns del "$A" 2>/dev/null
	ip netns del "$B" 2>/dev/null
	rm -rf "$WORK"
}

# The wire: 192.0.2.1 and .2, 2001:db8::1 and ::2; behind the ends 10.1.0.1 and 10.2.0.1,
# fd00:1::1 and fd00:2::1.
wire() {
	ip netns add "$B"
	ip link add wire netns "$A" type veth peer name wire netns "$B"
	local n i
	for i in 1 2; do
		[ $i = 1 ] && n=$A || n=$B
		ip netns exec "$n" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
		ip -n "$n" link set lo up
		ip -n "$n" link set wire up
		ip -n "$n" addr add "192.0.2.$i/24" dev wire
		ip -n "$n" addr add "2001:db8::$i/64" dev wire nodad
		ip -n "$n" addr add "10.$i.0.1/32" dev lo
		ip -n "$n" addr add "fd00:$i::1/128" dev lo nodad
	done
}

pids=()
# start_end NAMESPACE LOG ARGUMENT... ; waits until it is ready
start_end() {
	local ns=$1 log=$2 i
	shift 2
	: >"$WORK/$log" # what an earlier life said must not be taken for this one's
	ip netns exec "$ns" "$DRIVER" "$@" >"$WORK/$log" 2>&1 &
	pids+=($!)
	for i in $(seq 300); do
		grep -q -e ^ready -e ^failed -e ERROR "$WORK/$log" && break
		sleep 0.1
	done
	grep -q ^ready "$WORK/$log" && return 0
	bad "$log does not start"
	cat "$WORK/$log"
	stop_ends
	return 1
}

stop_ends() {
	local p s
	for p in "${pids[@]}"; do kill -TERM "$p" 2>/dev/null; done
	for p in "${pids[@]}"; do
		wait "$p"
		s=$?
		[ $s = 0 ] || bad "a driver ended with status $s"
	done
	pids=()
}

# ping_through FROM_ADDRESS TO_ADDRESS
ping_through() {
	ip netns exec "$A" ping -q -c 3 -i 0.2 -W 2 -I "$1" "$2" >"$WORK/ping" 2>&1 ||
		{ bad "ping from $1 to $2"; cat "$WORK/ping"; }
}

# move MEGABYTES FROM_NS FROM_ADDRESS TO_NS TO_ADDRESS
move() {
	ip netns exec "$4" python3 "$HERE/stream.py" hear "$5" >"$WORK/heard" &
	local hearer=$!
	ip netns exec "$2" python3 "$HERE/stream.py" say "$3" "$5" "$1" >"$WORK/said" 2>&1
	wait $hearer
	if [ -s "$WORK/said" ] && cmp -s "$WORK/said" "$WORK/heard"; then
		cat "$WORK/heard" | sed "s/^/   $3 to $5: /"
	else
		bad "stream from $3 to $5"
		cat "$WORK/said" "$WORK/heard"
	fi
}

# nothing_left NAMESPACE
nothing_left() {
	local n=$1
	ip -n "$n" -o link show | grep -q ike && bad "a TUN device is left in $n"
	{ ip -n "$n" rule show; ip -n "$n" -6 rule show; } | grep -q 1875 && bad "rules are left in $n"
	{ ip -n "$n" route show table all; ip -n "$n" -6 route show table all; } |
		grep -q -e 1875 -e 'proto 73' && bad "routes are left in $n"
	if ip -n "$n" xfrm state 2>/dev/null | grep -q . ; then bad "states are left in $n"; fi
	if ip -n "$n" xfrm policy 2>/dev/null | grep -q tmpl; then bad "policies are left in $n"; fi
}

show_ends() {
	sed 's/^/   a: /' "$WORK/a"
	sed 's/^/   b: /' "$WORK/b"
}

# rootless.sh - the gateway of somebody who is not root, in user and network namespaces of its own
# shellcheck shell=bash
# Sourced by quickstart. In there we are root of our own small network: ports 500 and 4500, a TUN
# device, a second namespace for the demo's peer. Outside nothing changes, and nothing stays. The
# socket of the web UI is made before we go in, so a browser outside reaches it.

# Ourselves, with the capabilities of root over namespaces of our own, a /run to write on; then what is to be done there.
OWN_NAMESPACES=(unshare --user --map-current-user --keep-caps --net --mount)
ENTER='mount -t tmpfs run /run && mkdir -p /run/netns && ip link set lo up && '

# Why not, in a sentence; nothing when it works.
rootless_obstacle() {
	if ! "${OWN_NAMESPACES[@]}" true 2>/dev/null; then
		echo "this system allows no user namespaces to ordinary users"
	elif ! "${OWN_NAMESPACES[@]}" sh -c "$ENTER ip netns add try" >/dev/null 2>&1; then
		echo "a namespace of ours may not be furnished here"
	elif ! "${OWN_NAMESPACES[@]}" ip tuntap add dev try mode tun 2>/dev/null; then
		echo "there is no /dev/net/tun, or not for you"
	fi
}

# rootless_enter PORT SCRIPT ARGUMENT... - becomes SCRIPT in there, told of the socket by IKEEPER_API_FD.
rootless_enter() {
	local port=$1
	shift
	# shellcheck disable=SC2016
	exec perl -MSocket -MFcntl -e '
		my $port = shift;
		$^F = 1000; # inherited
		socket(my $s, PF_INET, SOCK_STREAM, 0) or die "no socket: $!\n";
		setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
		bind($s, sockaddr_in($port, INADDR_LOOPBACK)) && listen($s, 128)
			or die "quickstart: cannot listen on 127.0.0.1 port $port: $!\n";
		$ENV{IKEEPER_API_FD} = fileno($s);
		exec @ARGV or die "quickstart: cannot run $ARGV[0]: $!\n"' \
		"$port" "${OWN_NAMESPACES[@]}" bash -c "$ENTER"'exec "$@"' inside "$@"
}

# lib.sh - what the interop scenarios share: our gateway, REST, waiting, checking
# shellcheck shell=bash
#
# A scenario is a bash script `cases/NAME` that sources this file through `run`. It runs
# inside bin/hermetic, so everything it starts ends with it. Exit status 77 means skipped.

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
BIN=$here/bin
IKEEPERD=${IKEEPERD:?path of ikeeperd}
OUT=${OUT:?directory for logs}
mkdir -p "$OUT"

say() { printf '%s\n' "$*"; }
skip() { say "skipped: $*"; exit 77; }
fail() {
	say "FAILED: $*"
	say "--- our log"; tail -n 40 "$OUT/gw/log" 2>/dev/null
	say "--- newest story"; rest GET '/negotiations?limit=1' 2>/dev/null | jq -c '.items[0]' 2>/dev/null
	say "--- charon"; tail -n 30 "$OUT/peer/charon.log" 2>/dev/null
	say "--- pluto"; tail -n 30 "$OUT/peer/peer/pluto.log" 2>/dev/null
	exit 1
}

need() {
	local t
	for t in "$@"; do command -v "$t" >/dev/null || skip "no $t on this machine"; done
}

# net_up [netlab options]: namespaces, and their addresses as variables.
net_up() {
	"$BIN/netlab" up -n lab "$@" || skip "network namespaces cannot be made here"
	eval "$("$BIN/netlab" env -n lab)"
}

# gw_start [ikeeperd options]: our gateway in NS_A.
gw_start() {
	mkdir -p "$OUT/gw"
	rm -f "$OUT/gw/announce" # of an earlier life
	# shellcheck disable=SC2153
	ip netns exec "$NS_A" "$IKEEPERD" --state-dir "$OUT/gw/db" --run-dir "$OUT/gw/run" \
		--key-file "$OUT/gw/etc/seal.key" --socket "$OUT/gw/api.sock" --announce \
		--api-port 0 --plane "${PLANE:-userspace}" --log-level debug "$@" \
		>"$OUT/gw/announce" 2>>"$OUT/gw/log" &
	GW_PID=$!
	local i
	for ((i = 0; i < 150; i++)); do
		[ -s "$OUT/gw/announce" ] && return 0
		kill -0 "$GW_PID" 2>/dev/null || break
		sleep 0.1
	done
	fail "ikeeperd did not start"
}

# Ends our gateway; a sanitizer's report fails the scenario.
gw_stop() {
	kill -TERM "$GW_PID" 2>/dev/null
	local i
	for ((i = 0; i < 100; i++)); do
		kill -0 "$GW_PID" 2>/dev/null || break
		sleep 0.1
	done
	kill -0 "$GW_PID" 2>/dev/null && { kill -KILL "$GW_PID"; fail "ikeeperd did not stop within 10 s"; }
	wait "$GW_PID"
	local status=$?
	grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer' "$OUT/gw/log" &&
		{ grep -E -A 30 'Sanitizer|runtime error' "$OUT/gw/log" | head -n 60; fail "a sanitizer reported"; }
	[ "$status" = 0 ] || fail "ikeeperd ended with status $status"
}

# rest METHOD PATH [BODY]
rest() {
	curl -sS --max-time 30 --unix-socket "$OUT/gw/api.sock" -X "$1" -H 'If-Match: *' \
		${3:+-H 'Content-Type: application/json' --data-binary "$3"} "http://localhost/api/v1$2"
}

# put PATH BODY: create or replace; anything but success fails the scenario.
put() {
	local answer code
	answer=$(curl -sS --max-time 30 --unix-socket "$OUT/gw/api.sock" -X PUT -H 'If-Match: *' \
		-H 'Content-Type: application/json' --data-binary "$2" -w '\n%{http_code}' \
		"http://localhost/api/v1$1")
	code=${answer##*$'\n'}
	case $code in 20?) ;; *) fail "PUT $1: $answer" ;; esac
}

# gw_configure IKE-JSON ESP-JSON [PEER-JSON] [TUNNEL-JSON]: one peer "hub", one tunnel "net".
gw_configure() {
	put /secrets/k '{"type":"psk","value":"lab-secret"}'
	put /ike-proposals/p1 "$(jq -nc --argjson x "$1" '{number:10,allow_weak:true}+$x')"
	put /ipsec-proposals/p2 "$(jq -nc --argjson x "$2" '{allow_weak:true}+$x')"
	put /peers/hub "$(jq -nc --arg r "$SEEN_B" --argjson x "${3:-{\}}" \
		'{remote_address:$r,psk:"k",ike_proposals:["p1"]}+$x')"
	put /tunnels/net "$(jq -nc --arg l "$LAN_A" --arg r "$LAN_B" --argjson x "${4:-{\}}" \
		'{peer:"hub",local_ts:[$l],remote_ts:[$r],ipsec_proposals:["p2"],start_action:"none"}+$x')"
}

peer() {
	local verb=$1
	shift
	"$BIN/swan-peer" "$verb" --dir "$OUT/peer" "$@"
}

# peer_start [swan-peer options]
peer_start() {
	# shellcheck disable=SC2153
	"$BIN/swan-peer" check --netns "$NS_B" 2>/dev/null || skip "$("$BIN/swan-peer" check --netns "$NS_B" 2>&1)"
	peer start --netns "$NS_B" --local "$ADDR_B" --remote "$SEEN_A" --remote-id "$ADDR_A" "$@" ||
		fail "strongSwan did not start"
}

# libre VERB [ARGUMENT...]: libreswan in its guest (bin/guest-peer).
libre() {
	local verb=$1
	shift
	"$BIN/guest-peer" "$verb" --dir "$OUT/peer" "$@"
}
libre_up() { libre status | grep -q '^child_sas=1'; }
libre_has_no_child() { libre status | grep -q '^child_sas=0'; }
# whack ARGUMENT...: libreswan's own switchboard.
whack() { libre whack -- "$@"; }

# libre_start [libre-peer options]: the guest and libreswan in it. Its ESP is the kernel's, which the
# guest alone has; our daemon stays outside, under the sanitizers.
libre_start() {
	local status
	"$BIN/uml-run" --check 2>/dev/null || skip "$("$BIN/uml-run" --check 2>&1)"
	"$BIN/fetch-libreswan" >"$OUT/fetch" 2>&1 || skip "libreswan is not to be had: $(tail -n 1 "$OUT/fetch")"
	local at=$NS_A # whoever has the tap device
	! ip netns list | grep -qw lab-nat || at=lab-nat
	libre start --netns "$at" --peer libre --remote "$ADDR_A" "$@"
	status=$?
	[ $status != 69 ] || skip "libreswan cannot run here"
	[ $status = 0 ] || fail "libreswan did not start"
}
# libre_reload [libre-peer options]: the same pluto with another connection.
libre_reload() { libre reload --remote "$ADDR_A" "$@" >"$OUT/reload" 2>&1 || { cat "$OUT/reload"; fail "libreswan does not take this"; }; }
# The first packets of a kind of SA wait until the guest's kernel has loaded its ciphers.
ping_guest() {
	until_true 15 "the first answer" ip netns exec "$NS_A" ping -q -c 1 -W 1 -I "$HOST_A" "$HOST_B"
	ping_through "$@"
}
all_down() {
	rest POST /resets '{"scope":"all","reinitiate":"never"}' >/dev/null
	until_true 10 "the end of ours" has_ikes 0
}

# relay_up [relay options]: what comes from behind the NAT of net_up --nat goes through the relay.
relay_up() {
	ip netns exec lab-nat nft 'table ip road { chain pre { type nat hook prerouting priority -100;
		iifname "in" udp dport 500 redirect to :1500; iifname "in" udp dport 4500 redirect to :14500; }; }' ||
		skip "nft cannot redirect here"
	ip netns exec lab-nat "$here/relay" --pair 1500:192.0.2.2:500 --pair 14500:192.0.2.2:4500 \
		--log "$OUT/relay" "$@" &
	RELAY_PID=$!
	until_true 10 "the relay" grep -q ready "$OUT/relay"
}

# until_true SECONDS WHAT COMMAND...
until_true() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	while ! "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "$what did not happen in time"
		sleep 0.1
	done
}

# wait_true SECONDS COMMAND...: as until_true, for what may fail without an end of the scenario.
wait_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}
# Why the newest negotiation came to nothing, as a cell of a table.
reason() { rest GET '/negotiations?limit=1' | jq -r '.items[0]|"no: \(.reason // "no end")"'; }
pinged() { ip netns exec "$NS_A" ping -q -c 1 -W 1 -I "$HOST_A" "$HOST_B"; }

# cell_done KEY RESULT: of matrix, for its page.
cell_done() {
	say "$1: $2"
	printf '%s: %s\n' "$1" "${2%%$'\n'*}" >>"$OUT/cells"
}

children() { rest GET '/child-sas' | jq "[.items[]|select(.state==\"established\" or .state==\"up\")]|length"; }
ikes() { rest GET '/ike-sas' | jq "[.items[]|select(.state==\"established\" or .state==\"up\")]|length"; }
has_children() { [ "$(children)" = "$1" ]; }
has_ikes() { [ "$(ikes)" = "$1" ]; }
peer_up() { peer status | grep -q '^child_sas=1'; }
peer_has_no_child() { peer status | grep -q '^child_sas=0'; }

# ping_through [COUNT]: no loss allowed once the first answer came.
ping_through() {
	ip netns exec "$NS_A" ping -q -c "${1:-3}" -i 0.2 -W 2 -I "$HOST_A" "$HOST_B" >"$OUT/ping" 2>&1 ||
		{ cat "$OUT/ping"; fail "ping through the tunnel"; }
	grep -q ' 0% packet loss' "$OUT/ping" || { cat "$OUT/ping"; fail "a ping was lost"; }
}

initiate() { rest POST /tunnels/net/initiate >"$OUT/initiate.json"; }

expect() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""
}

# Everything on the IKE ports of our namespace goes to $OUT/capture.
capture_start() {
	ip netns exec "$NS_A" tcpdump -i any -Z root --immediate-mode -U -w "$OUT/capture" 'udp port 500 or udp port 4500' 2>"$OUT/tcpdump" &
	CAPTURE_PID=$!
	until_true 5 "tcpdump" grep -q 'listening on' "$OUT/tcpdump"
}
capture_stop() {
	sleep 0.3
	kill "$CAPTURE_PID" 2>/dev/null
	wait "$CAPTURE_PID" 2>/dev/null
}

# swan_key WORDS: a key of the first IKE SA as strongSwan logs it with --trace yes.
swan_key() {
	awk -v want="[IKE] $1 =>" '
		index($0, want) { on = 1; next }
		on && /\[IKE\] +[0-9]+: / { sub(/.*\[IKE\] +[0-9]+: /, ""); print substr($0, 1, 47); next }
		on { exit }' "$OUT/peer/charon.log" | tr -d ' \n'
}

# pki_make DIR: an authority (ca), a stranger (other), a certificate for us (gw) and for the peer.
pki_make() {
	local d=$1 who addr
	mkdir -p "$d"
	for who in ca other; do
		openssl req -x509 -newkey rsa:2048 -nodes -keyout "$d/$who.key" -out "$d/$who.pem" -days 30 \
			-subj "/O=Lab/CN=$who" -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>>"$d/log" ||
			fail "openssl made no authority"
	done
	for who in gw peer; do
		addr=$ADDR_A
		[ "$who" = peer ] && addr=$ADDR_B
		openssl req -newkey rsa:2048 -nodes -keyout "$d/$who.key" -out "$d/$who.csr" -subj "/O=Lab/CN=$who" 2>>"$d/log" &&
			openssl x509 -req -in "$d/$who.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" -days 20 -out "$d/$who.pem" \
				-extfile <(printf 'subjectAltName=IP:%s,DNS:%s.lab\nkeyUsage=critical,digitalSignature\n' "$addr" "$who") 2>>"$d/log" ||
			fail "openssl made no certificate"
	done
}

# gw_pki: our authority "ca" and our certificate "gw", from pki_make "$OUT/pki".
gw_pki() {
	local d=$OUT/pki
	put /authorities/ca "$(jq -nc --rawfile p "$d/ca.pem" '{pem:$p}')"
	put /private-keys/gw "$(jq -nc --rawfile p "$d/gw.key" '{value:$p}')"
	put /certificates/gw "$(jq -nc --rawfile p "$d/gw.pem" '{pem:$p,private_key:"gw"}')"
}

# gw_configure_rsa [PEER-JSON]: as gw_configure, with the certificates of pki_make.
gw_configure_rsa() {
	gw_pki
	gw_configure '{"encryption_algorithm":"aes-cbc","key_length":128,"integrity_algorithm":"sha256","dh_group":"modp2048","authentication_method":"rsa-sig"}' \
		'{"encryption_algorithm":"aes-cbc","key_length":128,"integrity_algorithm":"sha256"}' \
		"$(jq -nc --argjson x "${1:-{\}}" '{certificate:"gw",auth:{local:"rsa-sig",remote:"rsa-sig"}}+$x')"
}

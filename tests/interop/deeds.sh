# deeds.sh - what matrix does with an SA once it is up, for one peer: a line for each cell in $OUT/cells
# shellcheck shell=bash
#
# One road for all: our gateway, a router, the peer. The router's rules make it a NAT for either end,
# lose a fifth of everything, or carry nothing at all. Both ends go by names, in main mode with a key by the
# addresses they have themselves, so that no NAT changes who they are. A cell is a negotiation anew, the deed, and what must be seen of it at both ends.
which=$3 # $1 and $2 are where this lies and its name: matrix
AES='{"encryption_algorithm":"aes-cbc","key_length":128,"integrity_algorithm":"sha256"}'
inside=10.64.0.2
out=out # the router's side of the peer
[ "$which" = strongswan ] || out=wan
declare -a opt

# them VERB...: the peer, whichever it is.
them() { if [ "$which" = libreswan ]; then libre "$@"; else peer "$@"; fi; }
them_up() { them status | grep -q '^child_sas=[1-9]'; }
them_no_child() { them status | grep -q '^child_sas=0'; }
them_no_ike() { them status | grep -q '^ike_sas=0'; }

# road KIND: the router's rules, and from_a (where we find the peer) and from_b (where it finds us).
road() {
	local rules='' post='type nat hook postrouting priority 100' pre='type nat hook prerouting priority -100'
	from_a=192.0.2.2 from_b=$inside
	case $1 in
		plain) rules='chain r { type filter hook prerouting priority -300; notrack; }' ;;
		loss) rules='chain r { type filter hook prerouting priority -300; notrack; }
			chain f { type filter hook forward priority 0; numgen random mod 100 < 20 counter drop; }' ;;
		dead) rules='chain f { type filter hook forward priority 0; drop; }' ;;
		nat_ours) from_b=192.0.2.1
			rules="chain s { $post; oifname $out masquerade random; }
			chain d { $pre; iifname $out udp dport { 500, 4500 } dnat to $inside; }" ;;
		nat_theirs) from_a=10.64.0.1
			rules="chain s { $post; oifname in masquerade random; }
			chain d { $pre; iifname in udp dport { 500, 4500 } dnat to 192.0.2.2; }" ;;
		nat_both) from_a=10.64.0.1 from_b=192.0.2.1
			rules="chain s { $post; masquerade random; }
			chain d { $pre; iifname $out udp dport { 500, 4500 } dnat to $inside
				iifname in udp dport { 500, 4500 } dnat to 192.0.2.2; }" ;;
	esac
	ip netns exec lab-nat nft "flush ruleset
		table ip road { $rules
		}" || fail "the router does not take the rules of $1"
	forget
}
# What the connections so far were turned into is forgotten.
forget() {
	ip netns exec lab-nat python3 - <<'PY' || fail "the router does not forget"
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
s.send(struct.pack("=IHHIIBBH", 20, 0x102, 5, 1, 0, 0, 0, 0))  # IPCTNL_MSG_CT_DELETE of everything
raise SystemExit(struct.unpack_from("=i", s.recv(4096), 16)[0])
PY
}

# ready VARIANT [OUR-PEER-JSON] [OUR-ESP-JSON] [OUR-IKE-JSON]: both ends configured; opt is added to the peer's.
ready() {
	local mode=${1% *} auth=${1#* } x='{}' e='{}' i='{}' SEEN_B=$from_a us=gw.lab they=peer.lab kind=fqdn
	[ "$1" != 'main psk' ] || { us=$inside they=192.0.2.2 kind=address; }
	local -a o=(--mode "$mode" --local-id "$they" --remote-id "$us" --remote "$from_b" "${opt[@]}")
	[ -z "${2:-}" ] || x=$2
	[ -z "${3:-}" ] || e=$3
	[ -z "${4:-}" ] || i=$4
	x=$(jq -c --arg m "$mode" --arg k "$kind" --arg u "$us" --arg t "$they" \
		'.exchange_mode=$m|.local_id={type:$k,value:$u}|.remote_id={type:$k,value:$t}' <<<"$x")
	if [ "$auth" = rsa ]; then
		o+=(--auth pubkey --pki "$OUT/pki")
		x=$(jq -c '.certificate="gw"|.auth={local:"rsa-sig",remote:"rsa-sig"}' <<<"$x")
		i=$(jq -c '.authentication_method="rsa-sig"' <<<"$i")
	elif [ "$mode" = aggressive ]; then
		x=$(jq -c '.allow_weak_key=true' <<<"$x")
	fi
	if [ "$which" = libreswan ]; then
		o+=(--ike aes128-sha2_256-modp2048 --esp aes128-sha2_256 --retransmit 1000,30)
	else
		o+=(--local 192.0.2.2 --ike aes128-sha256-modp2048 --esp aes128-sha256)
	fi
	# Libreswan starts again what it had started, until its connection is another.
	them reload "${o[@]}" >"$OUT/reload" 2>&1 || { echo "no: the peer does not take it"; return 1; }
	rest POST /resets '{"scope":"all","reinitiate":"never"}' >/dev/null
	wait_true 10 has_ikes 0
	forget
	gw_configure "$(jq -c --argjson i "$i" '.dh_group="modp2048"|.+$i' <<<"$AES")" "$(jq -c --argjson e "$e" '.+$e' <<<"$AES")" "$x"
}

# start WHO: an SA that carries, or the reason why not.
start() {
	if [ "$1" = we ]; then
		initiate
	elif [ "$which" = libreswan ]; then
		whack --asynchronous --initiate --name net >"$OUT/libre-initiate" 2>&1
	else
		peer initiate --wait "${patience:-12}" >"$OUT/peer-initiate" 2>&1
	fi
	wait_true "${patience:-12}" has_children 1 || { reason; return 1; }
	wait_true 15 pinged || { echo "no: ping"; return 1; }
}
# Libreswan starts again by itself what it had started, so the end of all is not the end of one. It writes
# an SPI without the zeros it begins with.
peer_forgot() { ! them sas | grep -qiE "$(sed -E 's/^0x0*//' <<<"$1")"; }
ikes_libre_ended() { grep -cE 'deleting state \(STATE_(MAIN|AGGR)_' "$OUT/peer/peer/pluto.log" 2>/dev/null; }
libre_ended_more() { [ "$(ikes_libre_ended)" -gt "$1" ]; }
seen() { # WHAT SECONDS COMMAND...
	local what=$1
	shift
	if wait_true "$@"; then echo yes; else echo "no: $what"; fi
}
newest() { rest GET "/$1" | jq -r "[.items[]|select(.state==\"established\")|$2]|last"; }
changed() { local now; now=$(newest "$1" "$2"); [ "$now" != "$3" ] && [ "$now" != null ]; }
carried() { wait_true 10 pinged && echo yes || echo "no: ping after it"; }
encapsulated() { [ "$(newest child-sas .encap) $(newest ike-sas .remote_port)" = "true $1" ]; }
# In UDP, and the NAT seen where it is: us, the peer.
nat_is() { [ "$(newest child-sas .encap) $(newest ike-sas '"\(.nat.local) \(.nat.remote)"')" = "true $1 $2" ]; }

# Each deed: VARIANT WHO.
nat_at() { # KIND LOCAL REMOTE VARIANT WHO
	road "$1"
	ready "$4" && start "$5" || return
	if nat_is "$2" "$3"; then
		echo yes
	elif nat_is true true; then
		# Seen of libreswan when it starts aggressive mode: the message with its hashes floats to port 4500.
		echo "yes: in UDP, but both ends are taken for behind a NAT: the peer's hashes are of other ports than those of the message they come in"
	else
		echo "no: no NAT seen where it is: $(newest ike-sas .nat | tr -d '\n ')"
	fi
}
# strongSwan's userspace ESP pretends to be behind a NAT itself.
deed_nat_ours() { nat_at nat_ours true "$([ "$which" = strongswan ] && echo true || echo false)" "$@"; }
deed_nat_theirs() { nat_at nat_theirs false true "$@"; }
deed_nat_both() { nat_at nat_both true true "$@"; }
deed_force_ours() { ready "$1" '{"nat_traversal":"force"}' && start "$2" && seen "in UDP" 1 encapsulated 4500; }
deed_force_theirs() { opt=(--encap yes); ready "$1" && start "$2" && seen "in UDP" 1 encapsulated 4500; }
deed_child_ours() {
	local spi
	ready "$1" '' '{"lifetime_kilobytes":2560}' && start "$2" || return
	spi=$(newest child-sas .spi_in)
	ip netns exec "$NS_A" ping -q -f -s 1400 -c 2800 -w 15 -I "$HOST_A" "$HOST_B" >"$OUT/flood" 2>&1
	wait_true 15 changed child-sas .spi_in "$spi" && carried || echo "no: a new IPsec SA"
}
deed_child_theirs() {
	local spi
	ready "$1" && start "$2" || return
	spi=$(newest child-sas .spi_in)
	them rekey --what child >"$OUT/peer-rekey" 2>&1
	wait_true 15 changed child-sas .spi_in "$spi" && carried || echo "no: a new IPsec SA"
}
deed_ike_ours() {
	local id
	ready "$1" '' '' '{"lifetime_seconds":60}' && start "$2" || return
	id=$(newest ike-sas .id)
	wait_true 70 changed ike-sas .id "$id" && carried || echo "no: a new IKE SA"
}
deed_ike_theirs() {
	local id
	[ "$which" = strongswan ] || opt=(--ike-life 20s)
	ready "$1" && start "$2" || return
	id=$(newest ike-sas .id)
	[ "$which" = libreswan ] || peer rekey --what ike >"$OUT/peer-rekey" 2>&1
	wait_true 30 changed ike-sas .id "$id" && carried || echo "no: a new IKE SA"
}
deed_dpd_ours() {
	local pinger
	ready "$1" '{"dpd":"quick"}' && start "$2" || return
	ip netns exec "$NS_A" ping -q -i 0.5 -I "$HOST_A" "$HOST_B" >/dev/null 2>&1 &
	pinger=$!
	road dead
	if wait_true 20 has_ikes 0; then
		[ "$(rest GET '/events?limit=100' | jq -r '[.items[]|select(.event=="ike_sa.down")][0].reason')" = dpd-timeout ] &&
			echo yes || echo "no: not by DPD"
	else
		echo "no: it was not found dead"
	fi
	kill $pinger
	wait $pinger 2>/dev/null
}
# Not strongSwan when it starts aggressive mode with RSA: the answer that may be no longer than three times its
# first message leaves out the vendor ID of DPD, so it does not ask.
deed_dpd_theirs() {
	opt=(--dpd-delay 2s --dpd-timeout 6s)
	ready "$1" && start "$2" || return
	sleep 8 # longer than its patience: we answer
	them_up || { echo "no: given up though answered"; return; }
	road dead
	seen "we were not found dead" 30 them_no_child
}
deed_delete_child_ours() {
	local spi
	ready "$1" && start "$2" || return
	spi=$(newest child-sas .spi_in)
	peer_forgot "$spi" && { echo "no: the peer does not know $spi"; return; }
	rest DELETE "/child-sas/$(newest child-sas .id)" >"$OUT/delete.json"
	seen "the peer keeps it" 10 peer_forgot "$spi"
}
deed_delete_child_theirs() {
	ready "$1" && start "$2" || return
	them terminate --what child >"$OUT/terminate" 2>&1
	seen "we keep it" 10 has_children 0
}
deed_delete_ike_ours() {
	local was
	ready "$1" && start "$2" || return
	was=$(ikes_libre_ended)
	rest DELETE "/ike-sas/$(newest ike-sas .id)" >"$OUT/delete.json"
	if [ "$which" = libreswan ]; then
		seen "the peer keeps it" 10 libre_ended_more "$was"
	else
		seen "the peer keeps it" 10 them_no_ike
	fi
}
deed_delete_ike_theirs() {
	ready "$1" && start "$2" || return
	them terminate --what ike >"$OUT/terminate" 2>&1
	seen "we keep it" 10 has_ikes 0
}
deed_loss() {
	local patience=45
	road loss
	ready "$1" && start "$2" && echo yes
}

after() {
	opt=()
	road plain
	[ "$which" = libreswan ] || peer terminate --what ike >"$OUT/terminate" 2>&1
	rest POST /resets '{"scope":"all","reinitiate":"never"}' >/dev/null
	wait_true 10 has_ikes 0
	[ "$which" = libreswan ] || wait_true 10 them_no_child
}

net_up --nat $([ "$which" = libreswan ] && echo --tap)
pki_make "$OUT/pki"
opt=()
road plain
gw_start
rest PATCH /settings/ike '{"retransmit_seconds":1,"retransmit_tries":8}' >"$OUT/patch.json"
put /dpd-profiles/quick '{"interval_seconds":3,"retry_seconds":2,"max_failures":2}'
gw_pki
if [ "$which" = libreswan ]; then
	libre_start --mode main
	libre exec -- ip route add 10.64.0.0/24 via 192.0.2.1
else
	peer_start --retransmit 1.0,1.8,8
	ip -n lab-b route add 10.64.0.0/24 via 192.0.2.1
fi
for variant in ${VARIANTS:-main/psk main/rsa aggressive/psk aggressive/rsa}; do
	variant=${variant/\// }
	for deed in ${DEEDS:-nat_ours nat_theirs nat_both force_ours force_theirs child_ours child_theirs ike_ours ike_theirs
		dpd_ours dpd_theirs delete_child_ours delete_child_theirs delete_ike_ours delete_ike_theirs loss}; do
		for who in we peer; do
			what=$("deed_$deed" "$variant" $who)
			cell_done "$deed $variant $who" "$what"
			after
		done
	done
done
if [ "$which" = libreswan ]; then libre stop; else peer stop; fi
gw_stop
say "$which: deeds done"

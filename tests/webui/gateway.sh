# gateway.sh - a gateway and a strongSwan for the browser suite; sourced by run after lib.sh
# shellcheck shell=bash
#
# The gateway starts empty: everything it knows later was entered in the browser.
net_up
AGENT=${IKEEPERD%/*}/ikeeper-snmp
if [ -x "$AGENT" ]; then gw_start --snmp-agent "$AGENT"; else gw_start; fi
export AGENT
peer_start --ike aes256-sha256-ecp256 --esp aes256gcm16-ecp256 --local-ts "$LAN_B" --remote-ts "$LAN_A"
sed -n 's/.*\(https:[^ ]*setup=[^ ]*\).*/\1/p' "$OUT/gw/announce" >"$OUT/link"
[ -s "$OUT/link" ] || fail "the gateway announced no set-up link: $(cat "$OUT/gw/announce")"

export LINK NS_A RELAY=$OUT/relay
LINK=$(cat "$OUT/link")
port=${LINK#https://*:}
# shellcheck disable=SC2154 # here is lib.sh's
ip netns exec "$NS_A" node "$here/../webui/relay.mjs" "$RELAY" "${port%%/*}" >"$OUT/relay.log" 2>&1 &
until_true 10 "the relay" grep -q ready "$OUT/relay.log"

# shellcheck disable=SC2153
ADDR_B=$ADDR_B LAN_A=$LAN_A LAN_B=$LAN_B HOST_A=$HOST_A HOST_B=$HOST_B \
	node "$here/../webui/gateway.mjs" || fail "the browser suite"
gw_stop

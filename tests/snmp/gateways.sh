# gateways.sh - two real gateways on loopback for the SNMP tests, with the recording data plane
# shellcheck shell=bash
# shellcheck disable=SC2034

[ -n "${IKEEPERD:-}" ] && [ -x "$IKEEPERD" ] || skip "no ikeeperd was built"
need curl jq
# Socket paths are short.
run=$(mktemp -d /tmp/ikeeper-snmp.XXXXXX)
scratch=$run
IKE=$(free_port)
NAT=$(free_port)
PORT=$(free_port)
AT=127.0.0.1:$PORT

gateway() { # NAME ADDRESS
	mkdir -p "$run/$1"
	"$IKEEPERD" --state-dir "$run/$1/db" --run-dir "$run/$1/run" --key-file "$run/$1/etc/seal.key" \
		--socket "$run/$1/api.sock" --announce --api-port 0 --plane recording --listen4 "$2" \
		--listen6 none --port "$IKE" --nat-port "$NAT" --snmp-agent "$AGENT" --log-level debug \
		>"$run/$1/announce" 2>>"$OUT/$1.log" </dev/null &
	local pid=$! i
	pids+=("$pid")
	printf -v "PID_$1" %s "$pid"
	for ((i = 0; i < 150; i++)); do
		[ -s "$run/$1/announce" ] && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 20 "$OUT/$1.log"
	fail "ikeeperd does not start"
}

rest() { # NAME METHOD PATH [BODY]
	curl -sS --max-time 20 --unix-socket "$run/$1/api.sock" -X "$2" -H 'If-Match: *' \
		${4:+-H 'Content-Type: application/json' --data-binary "$4"} "http://localhost/api/v1$3"
}

put() { # NAME PATH BODY [METHOD]
	local answer
	answer=$(rest "$1" "${4:-PUT}" "$2" "$3")
	jq -e '.status // 200 | tonumber? // 200 | . < 400' <<<"$answer" >/dev/null || fail "$2: $answer"
}

configure() { # NAME NET PEER-ADDRESS PEER-NET
	put "$1" /secrets/k '{"type":"psk","value":"only for this test"}'
	put "$1" /ike-proposals/p1 '{"number":10,"encryption_algorithm":"aes-cbc","key_length":256,"integrity_algorithm":"sha256","dh_group":"ecp256"}'
	put "$1" /ipsec-proposals/p2 '{"encryption_algorithm":"aes-gcm","key_length":128,"integrity_algorithm":"none"}'
	put "$1" /peers/other "{\"remote_address\":\"$3\",\"psk\":\"k\",\"ike_proposals\":[\"p1\"]}"
	put "$1" /tunnels/net "{\"peer\":\"other\",\"local_ts\":[\"10.$2.0.0/16\"],\"remote_ts\":[\"10.$4.0.0/16\"],\"ipsec_proposals\":[\"p2\"],\"start_action\":\"none\"}"
}

both_gateways() {
	gateway first 127.0.0.1
	gateway second 127.0.0.2
	configure first 1 127.0.0.2 2
	configure second 2 127.0.0.1 1
}

snmp_on() { # of the first
	put first /secrets/auth '{"type":"passphrase","value":"auth-passphrase"}'
	put first /secrets/priv '{"type":"passphrase","value":"priv-passphrase"}'
	put first /settings/snmp "{\"mode\":\"standalone\",\"port\":$PORT,\"user\":\"watcher\",\"auth_secret\":\"auth\",\"priv_secret\":\"priv\"}" PATCH
	until_answers 50 "after it was switched on"
}

until_answers() { # TENTHS WHAT
	local i
	for ((i = 0; i < $1; i++)); do
		v3 snmpget -t 0.3 "$AT" "$MIB.1.1.8.0" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	fail "no answer: $2"
}

sa_pairs() { rest first GET /child-sas | jq '.items | length'; }
until_pairs() { # HOW MANY
	local i
	for ((i = 0; i < 100; i++)); do [ "$(sa_pairs)" = "$1" ] && return 0; sleep 0.1; done
	fail "there are $(sa_pairs) SA pairs, not $1"
}

stop_gateways() {
	local name pid
	for name in first second; do
		pid=PID_$name
		kill -TERM "${!pid}"
		wait "${!pid}" || fail "ikeeperd ended with status $?"
		grep -E -A 30 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$OUT/$name.log" && fail "a sanitizer reported"
		grep -q -e auth-passphrase -e priv-passphrase "$OUT/$name.log" && fail "a passphrase was logged"
	done
	return 0
}

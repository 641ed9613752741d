# lib.sh - what the SNMP tests share: the agent with its double, the tools, checking
# shellcheck shell=bash
# shellcheck disable=SC2034
#
# A test is a bash script `cases/NAME` that `run` sources. Everything happens on loopback, on
# ports nobody has, and every process is ended by its id.

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
: "${OUT:?directory for logs}"
MIB=.1.3.6.1.4.1.32473.1
# The tools must not find the site's files, nor keep any.
export MIBS='' MIBDIRS=/dev/null/mibs SNMPCONFPATH=$OUT/none SNMP_PERSISTENT_DIR=$OUT/tools
mkdir -p "$OUT/tools/cert_indexes"
pids=()

say() { printf '%s\n' "$*"; }
skip() { say "skipped: $*"; cleanup; trap - EXIT; exit 77; }
fail() {
	say "FAILED: $*"
	say "--- agentd"; tail -n 20 "$OUT/d.out" 2>/dev/null
	say "--- log"; tail -n 30 "$OUT/d.err" 2>/dev/null
	exit 1
}

need() {
	local t
	for t in "$@"; do
		command -v "$t" >/dev/null || [ -x "/usr/sbin/$t" ] || skip "no $t on this machine"
	done
}

cleanup() {
	local p
	for p in ${pids[@]+"${pids[@]}"}; do
		kill -CONT "$p" 2>/dev/null
		kill "$p" 2>/dev/null
	done
	[ -n "${scratch:-}" ] && rm -rf "$scratch"
	exec 9>&- 2>/dev/null
}
trap cleanup EXIT

# A UDP port nobody listens on.
free_port() {
	local p
	while :; do
		p=$((20000 + RANDOM % 12000))
		[ -z "$(ss -Hlun "sport = :$p")" ] && break
	done
	printf '%s' "$p"
}

# d_start [NAME=VALUE...]: agentd with an agent that stands alone, unless told otherwise.
d_start() {
	[ -p "$OUT/d.in" ] || mkfifo "$OUT/d.in"
	: >"$OUT/d.out"
	"$AGENTD" "$AGENT" "$@" <"$OUT/d.in" >"$OUT/d.out" 2>>"$OUT/d.err" &
	D_PID=$!
	pids+=("$D_PID")
	exec 9>"$OUT/d.in"
}

alone() {
	PORT=$(free_port)
	AT=127.0.0.1:$PORT
	d_start mode=standalone "port=$PORT" "$@"
	wait_for "state listens on" 100
}

tell() { printf '%s\n' "$*" >&9; }

# wait_for TEXT TENTHS [FROM-LINE]: until agentd printed it.
wait_for() {
	local i
	for ((i = 0; i < $2; i++)); do
		tail -n "+${3:-1}" "$OUT/d.out" | grep -q "$1" && return 0
		kill -0 "$D_PID" 2>/dev/null || fail "agentd ended"
		sleep 0.1
	done
	fail "agentd did not say \"$1\""
}

lines() { wc -l <"$OUT/d.out"; }

# ask COMMAND UNTIL: what agentd prints for it.
ask() {
	local from=$(($(lines) + 1))
	tell "$1"
	wait_for "$2" 100 "$from"
	tail -n "+$from" "$OUT/d.out"
}

stat() { ask stats '^worst' | sed -n "s/.*$1 \([0-9]*\).*/\1/p" | tail -n 1; }

spawner_pid() { pgrep -P "$D_PID" | head -n 1; }
agent_pid() { pgrep -P "$(spawner_pid)" -f ikeeper-snmp | head -n 1; }

d_stop() {
	[ -n "${D_PID:-}" ] || return 0
	exec 9>&-
	local i
	for ((i = 0; i < 100; i++)); do kill -0 "$D_PID" 2>/dev/null || break; sleep 0.1; done
	wait "$D_PID" || fail "agentd ended with status $?"
	D_PID=
	grep -E -A 20 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$OUT/d.err" &&
		fail "a sanitizer reported"
	grep -q -e 'auth-passphrase' -e 'priv-passphrase' "$OUT/d.err" "$OUT/d.out" &&
		fail "a passphrase was printed"
	return 0
}

USER3=(-v3 -l authPriv -u watcher -a SHA-256 -A auth-passphrase -x AES -X priv-passphrase)
QUIET=(-On -t 5 -r 0)
v3() { "$1" "${USER3[@]}" "${QUIET[@]}" "${@:2}"; }

# One line a value in a form that does not depend on the tools' taste: OID = number or xHEX.
plain() {
	awk '/^\./ { if (n++) print line; line = $0; next } { line = line $0 } END { if (n) print line }' |
		sed -E -e 's/ = (Hex-STRING|STRING|BITS): */ = /; s/ = (INTEGER|Gauge32|Counter32|Counter64|Timeticks): */ = /' \
			-e 's/ = ""$/ = x/' -e '/ = ([0-9A-F]{2} )+$/{s/ = /\x01/;s/ //g;s/\x01/ = x/}'
}
# walk OUTFILE [bulk repetitions]: our module as a sorted list of values.
walk() {
	local tool=(snmpwalk)
	[ -n "${2:-}" ] && tool=(snmpbulkwalk "-Cr$2")
	"${tool[0]}" "${USER3[@]}" "${QUIET[@]}" -Ox "${tool[@]:1}" "$AT" "$MIB.1" >"$OUT/walk.raw" 2>"$OUT/walk.err" ||
		{ cat "$OUT/walk.err" "$OUT/walk.raw" | tail -n 5; fail "${tool[*]} failed"; }
	[ -s "$OUT/walk.err" ] && { cat "$OUT/walk.err"; fail "${tool[*]} complained"; }
	plain <"$OUT/walk.raw" >"$1"
}
# What agentd says a walk must show, without the agent's own counts of notifications.
expected() { ask expect '^end$' | grep '^\.' >"$1"; }
without_notify() { grep -v "^$MIB.1.7." "$1" | grep -v 'No more variables\|End of MIB'; }

same() { # WHAT A B
	cmp -s "$2" "$3" || { diff "$2" "$3" | head -n 20; fail "$1"; }
}
expect() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""
}

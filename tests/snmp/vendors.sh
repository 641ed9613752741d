# vendors.sh - what the tests of other vendors' trees share: one walk, its order, its types
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154

# vendor_walk ROOT OUTFILE [bulk repetitions]: with types, one line a value.
vendor_walk() {
	local tool=(snmpwalk)
	[ -n "${3:-}" ] && tool=(snmpbulkwalk "-Cr$3")
	# The tools end at the first OID that does not increase, since -Cc is not said.
	v3 "${tool[@]}" -Ox "$AT" "$1" >"$2" 2>"$OUT/vendor.err" ||
		{ cat "$OUT/vendor.err"; tail -n 3 "$2"; fail "${tool[*]} of $1 failed"; }
	[ -s "$OUT/vendor.err" ] && { cat "$OUT/vendor.err"; fail "${tool[*]} of $1 complained"; }
	return 0
}

# in_order FILE: every OID is above the one before, number by number.
in_order() {
	awk '/^\./ {
		n = split(substr($1, 2), now, ".")
		order = 0
		for (i = 1; i <= n && i <= m && !order; i++)
			order = now[i] - before[i]
		if (!order)
			order = n - m
		if (NR > 1 && order <= 0) { print "after it comes " $1; exit 1 }
		for (i = 1; i <= n; i++)
			before[i] = now[i]
		m = n
	}' "$1" || fail "$1 is not in order"
}

# is OID WANTED: the value below ROOT as the tool prints it, with its type.
is() { # OID WANTED
	expect "$1" "$(v3 snmpget -Ox "$AT" "$ROOT.$1" 2>&1 | sed 's/^[^=]*= //')" "$2"
}

# Until a column has so many rows: a picture that was asked for may still be on its way.
until_rows() { # OID HOW-MANY
	local i
	for ((i = 0; i < 8; i++)); do
		[ "$(v3 snmpwalk "$AT" "$1" 2>/dev/null | grep -c '^\..* = [A-Z]')" = "$2" ] && return 0
		sleep 0.7
	done
	fail "$1 has $(v3 snmpwalk "$AT" "$1" | grep -c '^\.') rows, not $2"
}

# The common part: a walk by GETNEXT and by GETBULK of any size, in order; 1,500 OIDs by chance;
# no write; no secret.
vendor_checks() { # ROOT
	local n
	vendor_walk "$1" "$OUT/next"
	in_order "$OUT/next"
	for n in 1 7 50 500; do
		vendor_walk "$1" "$OUT/bulk" "$n"
		same "GETBULK with $n repetitions differs" "$OUT/bulk" "$OUT/next"
	done
	plain <"$OUT/next" | grep -v 'No more variables' >"$OUT/walk"
	node "$here/oids.mjs" make "$OUT/walk" >"$OUT/asked"
	while read -r -a oids; do
		v3 snmpgetnext -Ox "$AT" "${oids[@]}" 2>&1 || fail "GETNEXT of ${oids[*]}"
	done <"$OUT/asked" | plain | cut -d' ' -f1 >"$OUT/answered"
	node "$here/oids.mjs" check "$OUT/walk" "$OUT/asked" "$OUT/answered" || fail "an answer is not the next one"
	grep -qi -e passphrase -e secret "$OUT/next" && fail "a secret is shown"
	# Every object once: those that the vendor's own software can write too.
	awk -v root="$1" '{ split(substr($1, length(root) + 1), o, "."); if (!seen[o[2] "." o[3] "." o[4] "." o[5]]++) print $1 }' \
		"$OUT/walk" >"$OUT/writable"
	while read -r -a ten; do
		for o in "${ten[@]}"; do
			got=$(v3 snmpset "$AT" "$o" i 1 2>&1)
			grep -qE 'noAccess|notWritable|authorizationError|No Access|wrongType' <<<"$got" || fail "SET of $o: $got"
		done
	done < <(xargs -n 10 <"$OUT/writable")
	vendor_walk "$1" "$OUT/after"
	same "a SET left something behind" "$OUT/next" "$OUT/after"
}

# count WHAT OID COLUMNS ROWS: each object has a value in each row, and there are no others.
count() {
	expect "objects of $1" "$(grep -oE "^$ROOT\.$2\.[0-9]+\.[0-9.]+ = " "$OUT/types" |
		awk -v base="$ROOT.$2" '{ split(substr($1, length(base) + 1), o, "."); print o[2] }' | sort -u | wc -l)" "$3"
	expect "values of $1" "$(grep -cE "^$ROOT\.$2\.[0-9]+\.[0-9.]+ = " "$OUT/types")" $(($3 * $4))
}
# types OID INDEX: the types of a row's columns, in their order, a letter each.
types() {
	grep -E "^$ROOT\.$1\.[0-9]+\.$2 = " "$OUT/types" |
		sed -E 's/^[^=]*= //; s/^(Hex-STRING|STRING):.*/s/; s/^"".*/s/; s/^INTEGER:.*/i/; s/^IpAddress:.*/a/; s/^Counter32:.*/c/; s/^Counter64:.*/C/; s/^Gauge32:.*/g/' |
		tr -d '\n'
}
bare() { v3 snmpget -Oqv -Ox "$AT" "$1"; }
# Standard input: their object, ours that must have the same value.
same_values() {
	local theirs ours
	while read -r theirs ours; do
		expect "$theirs" "$(bare "$ROOT.$theirs")" "$(bare "$MIB.1.$ours")"
	done
}
switch() { # NAME=VALUE
	local from=$(($(lines) + 1))
	tell "set $1"
	wait_for "listens on" 50 "$from"
}
is_off() {
	v3 snmpwalk "$AT" "$ROOT" 2>&1 | grep -q 'No Such Object' || fail "$ROOT is there though it is off"
}

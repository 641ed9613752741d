# table.sh - the rows of matrix for one peer, as lines of a table in $OUT/done
# shellcheck shell=bash
which=$2
rows="aes-cbc 128 sha1 modp2048
aes-cbc 128 sha256 modp2048
aes-cbc 192 sha256 modp2048
aes-cbc 256 sha256 modp2048
aes-cbc 256 sha512 modp2048
3des-cbc 0 sha1 modp2048
aes-cbc 128 md5 modp2048
aes-cbc 128 sha256 modp1536
aes-cbc 128 sha256 modp3072
aes-cbc 128 sha256 modp4096
aes-cbc 128 sha256 ecp256
aes-cbc 128 sha256 ecp384
aes-cbc 128 sha256 ecp521
3des-cbc 0 md5 modp1536"
# What libreswan does not have, at least not for IKEv1.
[ "$which" = libreswan ] || rows="$rows
aes-cbc 256 sha384 modp2048
aes-cbc 128 sha256 x25519
aes-cbc 128 sha256 modp1024
aes-cbc 128 sha256 modp768
des-cbc 0 sha1 modp768
des-cbc 0 md5 modp768"

wait_true() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# The row in the peer's spelling.
spell() { # CIPHER LENGTH HASH GROUP
	local c h g=$4
	case $1 in aes-cbc) c=aes$2 ;; 3des-cbc) c=3des ;; des-cbc) c=des ;; esac
	h=$3
	if [ "$which" = libreswan ]; then
		case $3 in sha256) h=sha2_256 ;; sha384) h=sha2_384 ;; sha512) h=sha2_512 ;; esac
		case $4 in ecp256) g=dh19 ;; ecp384) g=dh20 ;; ecp521) g=dh21 ;; esac
	fi
	printf '%s %s' "$c-$h" "$g"
}

load() { # MODE PFS ALGORITHMS GROUP
	local -a o=(--mode "$1" --ike "$3-$4")
	[ "$1" = main ] || o+=(--local-id center --remote-id branch)
	if [ "$which" = libreswan ]; then
		o+=(--pfs "$2")
		if [ "$2" = yes ]; then o+=(--esp "$3;$4"); else o+=(--esp "$3"); fi
		libre reload --remote "$ADDR_A" "${o[@]}"
	else
		if [ "$2" = yes ]; then o+=(--esp "$3-$4"); else o+=(--esp "$3"); fi
		[ "$1" = aggressive ] || o+=(--remote-id "$ADDR_A")
		peer reload --local "$ADDR_B" --remote "$SEEN_A" "${o[@]}"
	fi >"$OUT/reload" 2>&1
}

reason() { rest GET '/negotiations?limit=1' | jq -r '.items[0]|"no: \(.reason // "no end")"'; }
pinged() { ip netns exec "$NS_A" ping -q -c 1 -W 1 -I "$HOST_A" "$HOST_B"; }

cell() { # CIPHER LENGTH HASH GROUP MODE PFS WHO
	local alg group x='{}' len=$2 chosen
	read -r alg group <<<"$(spell "$@")"
	[ "$5" = main ] || x='{"exchange_mode":"aggressive","allow_weak_key":true,
		"local_id":{"type":"fqdn","value":"branch"},"remote_id":{"type":"fqdn","value":"center"}}'
	local suite
	suite=$(jq -nc --arg e "$1" --argjson k "$len" --arg h "$3" '{encryption_algorithm:$e,key_length:$k,integrity_algorithm:$h}')
	gw_configure "$(jq -c --arg g "$4" '.dh_group=$g' <<<"$suite")" \
		"$(jq -c --arg g "$([ "$6" = yes ] && echo "$4" || echo none)" '.pfs_group=$g' <<<"$suite")" "$x"
	if [ "$7" = we ]; then
		initiate
	elif [ "$which" = libreswan ]; then
		whack --asynchronous --initiate --name net >"$OUT/libre-initiate" 2>&1
	else
		peer initiate --wait 10 >"$OUT/peer-initiate" 2>&1
	fi
	wait_true 12 has_children 1 || { reason; return; }
	wait_true 8 pinged || { echo "no: ping"; return; }
	chosen=$(rest GET '/negotiations?limit=1' | jq -r '.items[0].chosen')
	case $chosen in "$1"*"/$3"*) echo up ;; *) echo "no: $chosen" ;; esac
}

net_up $([ "$which" = libreswan ] && echo --tap)
gw_start
rest PATCH /settings/ike '{"retransmit_seconds":2,"retransmit_tries":3}' >"$OUT/patch.json"
if [ "$which" = libreswan ]; then libre_start --mode main; else peer_start; fi
n=0
while read -r c k h g && [ "$n" -lt "$ROWS" ]; do
	n=$((n + 1))
	line="| $c$([ "$k" = 0 ] || echo "-$k") / $h / $g |"
	for pfs in no yes; do
		for mode in main aggressive; do
			read -r alg group <<<"$(spell "$c" "$k" "$h" "$g")"
			load $mode $pfs "$alg" "$group" || { line="$line not there | not there |"; continue; }
			for who in we peer; do
				line="$line $(cell "$c" "$k" "$h" "$g" $mode $pfs $who) |"
				rest POST /resets '{"scope":"all","reinitiate":"never"}' >/dev/null
				wait_true 5 has_ikes 0
				if [ "$which" = libreswan ]; then wait_true 5 libre_has_no_child; else wait_true 5 peer_has_no_child; fi
			done
		done
	done
	say "$line"
	printf '%s\n' "$line" >>"$OUT/rows"
done <<<"$rows"
if [ "$which" = libreswan ]; then libre stop; else peer stop; fi
gw_stop
mv "$OUT/rows" "$OUT/done"
say "$which: $n rows done"

# table.sh - the algorithms of matrix for one peer: a line for each cell in $OUT/cells
# shellcheck shell=bash
which=$3 # $1 and $2 are where this lies and its name: matrix
rows=${TABLE:-"aes-cbc 128 sha1 modp2048
aes-cbc 128 sha256 modp2048
aes-cbc 192 sha256 modp2048
aes-cbc 256 sha256 modp2048
aes-cbc 256 sha384 modp2048
aes-cbc 256 sha512 modp2048
3des-cbc 0 sha1 modp2048
aes-cbc 128 md5 modp2048
3des-cbc 0 md5 modp1536
aes-cbc 128 sha256 modp768
aes-cbc 128 sha256 modp1024
aes-cbc 128 sha256 modp1536
aes-cbc 128 sha256 modp3072
aes-cbc 128 sha256 modp4096
aes-cbc 128 sha256 ecp256
aes-cbc 128 sha256 ecp384
aes-cbc 128 sha256 ecp521
aes-cbc 128 sha256 x25519
des-cbc 0 sha1 modp768
des-cbc 0 md5 modp768"}

# The row in the peer's spelling.
spell() { # CIPHER LENGTH HASH GROUP
	local c h g=$4
	case $1 in aes-cbc) c=aes$2 ;; 3des-cbc) c=3des ;; des-cbc) c=des ;; esac
	h=$3
	if [ "$which" = libreswan ]; then
		case $3 in sha256) h=sha2_256 ;; sha384) h=sha2_384 ;; sha512) h=sha2_512 ;; esac
		case $4 in ecp256) g=dh19 ;; ecp384) g=dh20 ;; ecp521) g=dh21 ;; x25519) g=dh31 ;; esac
	fi
	printf '%s %s' "$c-$h" "$g"
}

load() { # MODE AUTH PFS ALGORITHMS GROUP
	local -a o=(--mode "$1" --ike "$4-$5")
	if [ "$2" = rsa ]; then
		o+=(--auth pubkey --pki "$OUT/pki" --local-id peer.lab --remote-id gw.lab)
	elif [ "$1" = aggressive ]; then
		o+=(--local-id center --remote-id branch)
	fi
	if [ "$which" = libreswan ]; then
		o+=(--pfs "$3")
		if [ "$3" = yes ]; then o+=(--esp "$4;$5"); else o+=(--esp "$4"); fi
		libre reload --remote "$ADDR_A" "${o[@]}"
	else
		if [ "$3" = yes ]; then o+=(--esp "$4-$5"); else o+=(--esp "$4"); fi
		[ "$1 $2" != 'main psk' ] || o+=(--remote-id "$ADDR_A")
		peer reload --local "$ADDR_B" --remote "$SEEN_A" "${o[@]}"
	fi >"$OUT/reload" 2>&1
}

# What the peer said to its configuration.
refused() { grep -h 'failed to add connection: ' "$OUT/peer/peer/pluto.log" "$OUT/reload" | tail -n 1 | sed 's/.*add connection: //'; }

# An answer with a certificate to a small first message is not given: by design, so no failure.
why_not() {
	local text
	text=$(rest GET '/negotiations?limit=1' | jq -r '.items[0].text // ""')
	case $text in
		*'is answered with'*) echo "refused: by us: aggressive mode's answer with our certificate is over three times their small first message, and forged ones must not be amplified" ;;
		*) reason ;;
	esac
}

cell() { # CIPHER LENGTH HASH GROUP MODE AUTH PFS WHO
	local alg group x='{}' len=$2 chosen method=psk
	read -r alg group <<<"$(spell "$@")"
	if [ "$6" = rsa ]; then
		method=rsa-sig
		x=$(jq -nc --arg m "$5" '{exchange_mode:$m,certificate:"gw",auth:{local:"rsa-sig",remote:"rsa-sig"},
			local_id:{type:"fqdn",value:"gw.lab"},remote_id:{type:"fqdn",value:"peer.lab"}}')
	elif [ "$5" = aggressive ]; then
		x='{"exchange_mode":"aggressive","allow_weak_key":true,
			"local_id":{"type":"fqdn","value":"branch"},"remote_id":{"type":"fqdn","value":"center"}}'
	fi
	local suite
	suite=$(jq -nc --arg e "$1" --argjson k "$len" --arg h "$3" '{encryption_algorithm:$e,key_length:$k,integrity_algorithm:$h}')
	gw_configure "$(jq -c --arg g "$4" --arg a "$method" '.dh_group=$g|.authentication_method=$a' <<<"$suite")" \
		"$(jq -c --arg g "$([ "$7" = yes ] && echo "$4" || echo none)" '.pfs_group=$g' <<<"$suite")" "$x"
	if [ "$8" = we ]; then
		initiate
	elif [ "$which" = libreswan ]; then
		whack --asynchronous --initiate --name net >"$OUT/libre-initiate" 2>&1
	else
		peer initiate --wait 10 >"$OUT/peer-initiate" 2>&1
	fi
	wait_true 15 has_children 1 || { why_not; return; }
	wait_true 8 pinged || { echo "no: ping"; return; }
	chosen=$(rest GET '/negotiations?limit=9' | jq -r '[.items[]|select(.exchange=="quick" and .verdict=="up")][0].chosen')
	case $chosen in "$1"*"/$3"*) echo up ;; *) echo "no: $chosen" ;; esac
}

net_up $([ "$which" = libreswan ] && echo --tap)
pki_make "$OUT/pki"
gw_start
rest PATCH /settings/ike '{"retransmit_seconds":2,"retransmit_tries":3}' >"$OUT/patch.json"
gw_pki
if [ "$which" = libreswan ]; then libre_start --mode main; else peer_start; fi
while read -r c k h g; do
	row=$c$([ "$k" = 0 ] || echo "-$k")/$h/$g
	for column in ${COLUMNS_PLAYED:-main/psk/no aggressive/psk/no main/psk/yes aggressive/psk/yes main/rsa/no aggressive/rsa/no}; do
		IFS=/ read -r mode auth pfs <<<"$column"
		read -r alg group <<<"$(spell "$c" "$k" "$h" "$g")"
		load "$mode" "$auth" "$pfs" "$alg" "$group" || {
			for who in we peer; do cell_done "$row ${column//\// } $who" "refused: $(refused)"; done
			continue
		}
		rest POST /resets '{"scope":"all","reinitiate":"never"}' >/dev/null
		wait_true 5 has_ikes 0
		for who in we peer; do
			cell_done "$row ${column//\// } $who" "$(cell "$c" "$k" "$h" "$g" "$mode" "$auth" "$pfs" $who)"
			# What libreswan started and we end it starts again, until its connection is another.
			[ "$which $who" != 'libreswan peer' ] || continue
			[ "$which $who" != 'strongswan peer' ] || peer terminate --what ike >"$OUT/terminate" 2>&1
			rest POST /resets '{"scope":"all","reinitiate":"never"}' >/dev/null
			wait_true 5 has_ikes 0
			if [ "$which" = strongswan ]; then wait_true 5 peer_has_no_child; fi
		done
	done
done <<<"$rows"
if [ "$which" = libreswan ]; then libre stop; else peer stop; fi
gw_stop
say "$which: rows done"

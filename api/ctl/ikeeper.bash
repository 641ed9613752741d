# bash completion for ikeeper: verbs, nouns, names and members, asked of the running daemon

_ikeeper_items() {
	ikeeper --timeout 2 --json show "$1" 2>/dev/null |
		sed -n 's/^ *"\(name\|id\)": "\{0,1\}\([^",]*\)"\{0,1\},\{0,1\}$/\2/p'
}

_ikeeper_members() {
	ikeeper --timeout 2 --json show "$1" "$2" 2>/dev/null |
		sed -n 's/^    "\([a-z0-9_]*\)": .*/\1=/p'
}

_ikeeper() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} noun=${COMP_WORDS[2]}
	local nouns='peer tunnel ike-sa child-sa kernel-sa policy proposal ipsec-proposal dpd secret webhook exception settings certificate authority private-key
		negotiation event history audit user token counters version'
	COMPREPLY=()
	case $COMP_CWORD in
	1) COMPREPLY=($(compgen -W 'status show policies kernel-sas set edit delete stage unstage diff impact apply discard widen confirm rollback backup restore history audit secret user reset display initiate rekey test explain replay trace simulate import export generate api help' -- "$cur")) ;;
	2) case $verb in
		show | set | edit | delete | unstage) COMPREPLY=($(compgen -W "$nouns" -- "$cur")) ;;
		rekey) COMPREPLY=($(compgen -W 'ike-sa child-sa' -- "$cur")) ;;
		simulate) COMPREPLY=($(compgen -W peer -- "$cur")) ;;
		trace) COMPREPLY=($(compgen -W 'start list stop delete export' -- "$cur")) ;;
		replay) COMPREPLY=($(compgen -W negotiation -- "$cur")) ;;
		initiate | explain) COMPREPLY=($(compgen -W 'peer tunnel --last' -- "$cur")) ;;
		reset) COMPREPLY=($(compgen -W '--all --peer --tunnel --ike-sa --child-sa --remote --spi --stale ike ipsec' -- "$cur")) ;;
		display) COMPREPLY=($(compgen -W 'ike ipsec' -- "$cur")) ;;
		audit) COMPREPLY=($(compgen -W verify -- "$cur")) ;;
		secret) COMPREPLY=($(compgen -W 'set rotate finish fingerprint' -- "$cur")) ;;
		export) COMPREPLY=($(compgen -W '--to' -- "$cur")) ;;
		generate) COMPREPLY=($(compgen -W peer -- "$cur")) ;;
		import) COMPREPLY=($(compgen -W --from -- "$cur")) ;;
		backup | restore) COMPREPLY=($(compgen -f -- "$cur")) ;;
		user) COMPREPLY=($(compgen -W add -- "$cur")) ;;
		esac ;;
	3) case $verb in
		show | set | edit | delete | initiate | explain | generate)
			COMPREPLY=($(compgen -W "$(_ikeeper_items "$noun")" -- "$cur")) ;;
		reset) COMPREPLY=($(compgen -W 'sa session' -- "$cur")) ;;
		display) COMPREPLY=($(compgen -W 'sa session proposal peer dpd' -- "$cur")) ;;
		secret) COMPREPLY=($(compgen -W "$(_ikeeper_items secret)" -- "$cur")) ;;
		esac ;;
	*) case $verb in
		set) COMPREPLY=($(compgen -W "$(_ikeeper_members "$noun" "${COMP_WORDS[3]}") --dry-run --reset" -- "$cur"))
			[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace ;;
		reset) COMPREPLY=($(compgen -W '--level --dry-run --no-notify --reinitiate --wait' -- "$cur")) ;;
		generate) COMPREPLY=($(compgen -W '--for comware swanctl ipsec.conf routeros fortios ios --remote' -- "$cur")) ;;
		initiate) COMPREPLY=($(compgen -W --follow -- "$cur")) ;;
		esac ;;
	esac
}
complete -F _ikeeper ikeeper

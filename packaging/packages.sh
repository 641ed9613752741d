# packages.sh - what Debian packages are needed, and installing those that are missing
# shellcheck shell=bash disable=SC2034
# Sourced by quickstart and check. Says what it installs, asks only on a terminal, and never
# lets a package start a service.

BUILD_PACKAGES=(cmake ninja-build gcc libc6-dev pkg-config libssl-dev libsqlite3-dev
	libmicrohttpd-dev libgnutls28-dev libjansson-dev libcurl4-openssl-dev libsnmp-dev gzip)
RUN_PACKAGES=(iproute2 iputils-ping curl snmp)
TEST_PACKAGES=(libcmocka-dev mandoc clang libclang-rt-14-dev clang-format python3 jq
	charon-systemd strongswan-swanctl libcharon-extra-plugins libstrongswan-extra-plugins
	libstrongswan-standard-plugins snmpd snmptrapd smitools tshark tcpdump nftables iptables iperf3
	user-mode-linux kmod chromium nodejs npm shellcheck openssl procps ike-scan)

say() { printf '%s\n' "$*"; }

packages_missing() {
	local p
	for p in "$@"; do
		case $p in
		nodejs) command -v node >/dev/null && continue ;;
		npm) command -v npm >/dev/null && continue ;;
		esac
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || printf '%s ' "$p"
	done
}

# A package whose service starts would take ports 500, 161 or 443: none is started. A subshell,
# so that nothing of this stays behind, whatever ends it.
packages_install() (
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		trap 'exit 130' INT TERM
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
)

# packages_want PACKAGE... - installs what is missing; 1 when something stays missing.
packages_want() {
	local missing answer
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null; then
		say "These packages are missing and there is no apt-get to install them: $missing"
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		say "Missing, and only root can install them: $missing"
		say "    sudo apt-get install --no-install-recommends $missing"
		return 1
	fi
	say "Installing from Debian: $missing"
	if [ -t 0 ] && [ -t 1 ]; then
		printf 'Go on? [Y/n] '
		read -r answer
		case $answer in [nN]*) return 1 ;; esac
	fi
	# shellcheck disable=SC2086
	packages_install $missing ||
		say "apt-get failed; what is still missing: $(packages_missing "$@")"
	[ -z "$(packages_missing "$@")" ]
}

#!/usr/bin/env bash
# Runs every suite, or what the arguments ask of "go test". What a suite needs and
# this machine lacks is installed where that is possible (Debian, as root or by
# sudo); otherwise the suite is named as left out, and with CI=true that is a
# failure.
set -euo pipefail
cd "$(dirname "$0")/.."

# What suites need: a program, where it may stand, and Debian's package of it.
needs() {
	cat <<-END
		chromium        chromium                                    the browser tests
		initdb          postgresql                                  the tests on PostgreSQL
		pdftotext       poppler-utils                               the test that reads slips as printed
		zbarimg         zbar-tools                                  the test that reads the squares of slips
		nginx           nginx-light                                 the gate in nginx
		caddy           caddy                                       the gate in Caddy
		haproxy         haproxy                                     the gate in HAProxy
		postfix         postfix                                     the gate in Postfix
		dovecot         dovecot-imapd,dovecot-pop3d,dovecot-managesieved,dovecot-auth-lua  the gate in Dovecot
		prosody         prosody                                     the gate in Prosody
		ejabberdctl     ejabberd,erlang-base                        the gate in ejabberd
		perl            perl                                        signing in through LemonLDAP::NG
		python3         python3-minimal                             the module of Synapse
		pkcs11-tool     opensc                                      keys on a PKCS#11 token
		softhsm2-util   softhsm2                                    a PKCS#11 token in software
	END
}

have() {
	case "$1" in # some have parts that are packages of their own
	dovecot) [ -x /usr/lib/dovecot/pop3 ] && [ -x /usr/lib/dovecot/managesieve ] || return ;;
	perl) perl -MHTTP::Tiny -MSafe -e1 2>/dev/null || return ;;
	esac
	PATH="$PATH:/usr/sbin:/usr/lib/postfix/sbin" command -v "$1" >/dev/null && return
	case "$1" in
	chromium) command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ;;
	initdb) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
	*) false ;;
	esac
}

missing=()
while read -r program packages _; do
	have "$program" || missing+=(${packages//,/ })
done < <(needs)

if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
	as=()
	[ "$(id -u)" -eq 0 ] || as=(sudo -n)
	if [ ${#as[@]} -eq 0 ] || "${as[@]}" true 2>/dev/null; then
		echo "test.sh: installing ${missing[*]}"
		"${as[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
			"apt-get update -qq && apt-get install -y -qq --no-install-recommends ${missing[*]} fonts-dejavu-core" >/dev/null || true
	fi
fi

left_out=0
while read -r program packages suite; do
	have "$program" && continue
	echo "test.sh: left out: $suite (install ${packages//,/ and })"
	left_out=1
done < <(needs)
if [ $left_out = 1 ] && [ "${CI:-}" = true ]; then
	echo "test.sh: in CI no suite may be left out" >&2
	exit 1
fi

run=()
! have initdb || run=(scripts/postgres.sh)
# Whoever names no package means all; the slow ones begin first.
case " $* " in
*" ."*) ;;
*) set -- "$@" ./internal/web/gallery . ./cmd/ecluse ./internal/web ./internal/store ./... ;;
esac
exec "${run[@]}" "${GO:-go}" test "$@"

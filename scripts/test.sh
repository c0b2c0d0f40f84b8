#!/usr/bin/env bash
# Runs every suite, or what the arguments ask of "go test". What a suite needs and this machine lacks is installed where
# that is possible (Debian, as root or by sudo); otherwise the suite is named as
# left out, and with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_postgres() { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
have_chromium || missing+=(chromium)
have_postgres || missing+=(postgresql)

if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
	as=()
	[ "$(id -u)" -eq 0 ] || as=(sudo -n)
	if [ ${#as[@]} -eq 0 ] || "${as[@]}" true 2>/dev/null; then
		echo "test.sh: installing ${missing[*]}"
		"${as[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
			"apt-get update -qq && apt-get install -y -qq --no-install-recommends ${missing[*]} fonts-dejavu-core" >/dev/null || true
	fi
fi

left_out=()
have_chromium || left_out+=("the browser tests (install Chromium)")
have_postgres || left_out+=("the store's tests on PostgreSQL (install its server)")
for suite in "${left_out[@]}"; do
	echo "test.sh: left out: $suite"
done
if [ ${#left_out[@]} -gt 0 ] && [ "${CI:-}" = true ]; then
	echo "test.sh: in CI no suite may be left out" >&2
	exit 1
fi

run=()
! have_postgres || run=(scripts/postgres.sh)
[ $# -gt 0 ] || set -- ./...
exec "${run[@]}" "${GO:-go}" test "$@"

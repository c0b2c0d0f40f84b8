#!/usr/bin/env bash
# Runs a command beside a private PostgreSQL that is gone afterwards:
#
#   scripts/postgres.sh go test ./internal/store/...
#
# The server listens on the loopback address and in a temporary folder only; its
# URL is in ECLUSE_TEST_POSTGRES. The exit status is the command's own. It does not
# wait for the disk (tests do not lose power), unless ECLUSE_TEST_FSYNC=on, which
# benchmarks need.
set -euo pipefail

if [ $# -eq 0 ]; then
	echo "usage: scripts/postgres.sh COMMAND [ARGUMENT…]" >&2
	exit 2
fi

find_binaries() {
	local initdb
	initdb=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || true)
	if [ -z "$initdb" ]; then
		echo "postgres.sh: PostgreSQL is not installed here: install its server package" >&2
		exit 1
	fi
	dirname "$(readlink -f "$initdb")"
}

bin=$(find_binaries)
folder=$(mktemp -d)
chmod 755 "$folder"

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
	owner=nobody
	if id postgres >/dev/null 2>&1; then owner=postgres; fi
	chown "$owner" "$folder"
	as=(setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups)
fi
server() { (cd "$folder" && "${as[@]}" "$bin/$1" "${@:2}"); }

stop() {
	server pg_ctl -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$folder"
}
trap stop EXIT

server initdb -D "$folder/data" -U ecluse --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null

# A free port is found by trying: another server may take one at any moment.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	port=$((20000 + RANDOM % 20000))
	if server pg_ctl -D "$folder/data" -l "$folder/log" -w -t 30 \
		-o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=${ECLUSE_TEST_FSYNC:-off} -c max_connections=200" start >/dev/null; then
		started=yes
		break
	fi
done
if [ "${started:-}" != yes ]; then
	echo "postgres.sh: the server did not start:" >&2
	cat "$folder/log" >&2
	exit 1
fi

status=0
ECLUSE_TEST_POSTGRES="postgres://ecluse@127.0.0.1:$port/postgres?sslmode=disable" "$@" || status=$?
exit "$status"

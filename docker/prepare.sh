#!/bin/sh
# Makes site/ (secrets, configuration, data) and .env beside this file, for docker compose.
#
#   ./prepare.sh asterisk
#   ./prepare.sh freeswitch
#   ./prepare.sh asterisk freeswitch    # both; campaigns name them main and freeswitch
#
# POSTGRES_PORT and VALKEY_PORT (5432, 6379) are taken on 127.0.0.1: say others where those are in
# use. DIALPLANE names the program that writes Asterisk's files (../.venv/bin/dialplane).
# Nothing that is there already is ever written over.

set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
site=$here/site
draft=$here/site.new
env_file=$here/.env
dialplane=${DIALPLANE:-$here/../.venv/bin/dialplane}
postgres_port=${POSTGRES_PORT:-5432}
valkey_port=${VALKEY_PORT:-6379}

say() { printf '%s\n' "$*"; }

die() {
    printf 'prepare.sh: %s\n' "$*" >&2
    exit 1
}

secret() { od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n'; }

# put FILE: standard input becomes FILE, which was not there; the mode is 600 by the umask
put() {
    mkdir -p "$(dirname -- "$1")"
    cat >"$1"
}

# fill NAME VALUE FILE: FILE of ours becomes the site's, with @NAME@ filled in
fill() { sed "s/@$1@/$2/g" "$here/$3" | put "$draft/$3"; }

check() {
    [ $# -ge 1 ] || die "say which PBX: ./prepare.sh asterisk, or ./prepare.sh freeswitch"
    for pbx in "$@"; do
        case $pbx in
        asterisk | freeswitch) ;;
        *) die "'$pbx' is neither asterisk nor freeswitch" ;;
        esac
    done
    [ $# -eq 1 ] || { [ $# -eq 2 ] && [ "$1" != "$2" ]; } || die "name each PBX once"
    for port in "$postgres_port" "$valkey_port"; do
        case $port in
        '' | *[!0-9]*) die "POSTGRES_PORT and VALKEY_PORT must be numbers, not '$port'" ;;
        esac
    done
    for there in "$site" "$env_file"; do
        [ ! -e "$there" ] || die "$there is there already; move it away first (it may hold your data)"
    done
    [ ! -e "$draft" ] || die "$draft is left over from a run that was killed; remove it"
    command -v sha256sum >/dev/null || die "sha256sum is needed (coreutils)"
}

make_databases() {
    database=$(secret)
    queue=$(secret)
    secret | put "$draft/secrets/postgres-admin"
    secret | put "$draft/secrets/grafana-admin"
    printf %s "$database" | put "$draft/secrets/postgres-dialplane"
    printf %s "$queue" | put "$draft/secrets/valkey-dialplane"
    put "$draft/postgres/dialplane.sql" <"$here/postgres/dialplane.sql"
    put "$draft/valkey/valkey.conf" <"$here/valkey/valkey.conf"
    hash=$(printf %s "$queue" | sha256sum | cut -d ' ' -f 1)
    fill HASH "$hash" valkey/users.acl
    mkdir -p "$draft/home" "$draft/sounds" "$draft/data/postgres" "$draft/data/valkey" \
        "$draft/data/prometheus" "$draft/data/grafana"
    put "$draft/dialplane.env" <<END
DIALPLANE_DATABASE_URL=postgresql://dialplane:$database@127.0.0.1:$postgres_port/dialplane
DIALPLANE_REDIS_URL=redis://dialplane:$queue@127.0.0.1:$valkey_port/0
END
}

make_asterisk() {
    [ -x "$dialplane" ] || command -v "$dialplane" >/dev/null ||
        die "'$dialplane' is not there; run 'make venv' in the folder above, or say DIALPLANE=/path/to/dialplane"
    for file in "$here"/asterisk/*.conf; do
        fill PHONE "$(secret)" "asterisk/${file##*/}"
    done
    made=$("$dialplane" pbx config --into "$draft/asterisk" --json) ||
        die "'$dialplane pbx config' failed; see above"
    url=$(printf %s "$made" | tr -d '\n' | sed -n 's/.*"url": *"\([^"]*\)".*/\1/p')
    [ -n "$url" ] || die "'$dialplane pbx config --json' told no URL"
    mkdir -p "$draft/data/asterisk/monitor"
}

make_freeswitch() {
    phone=$(secret)
    esl=$(secret)
    put "$draft/freeswitch/freeswitch.xml" <"$here/freeswitch/freeswitch.xml"
    put "$draft/freeswitch/gateways.xml" <"$here/freeswitch/gateways.xml"
    fill PHONE "$phone" freeswitch/phones.xml
    fill ESL "$esl" freeswitch/secrets.xml
    sed "s/@ESL@/$esl/" "$here/freeswitch/fs_cli.conf" | put "$draft/freeswitch/.fs_cli_conf"
    url=esl://:$esl@127.0.0.1:8021
    mkdir -p "$draft/data/freeswitch"
}

make_pbxs() {
    name=MAIN
    files=compose.yaml:compose.monitoring.yaml
    for pbx in "$@"; do
        "make_$pbx"
        printf 'DIALPLANE_PBX_%s=%s\n' "$name" "$url" >>"$draft/dialplane.env"
        files=$files:compose.$pbx.yaml
        name=$(printf %s "${2:-}" | tr '[:lower:]' '[:upper:]')
    done
}

# Containers run as whoever owns site/: as you, or as 10001 where you are root.
give() {
    owner=$(id -u) group=$(id -g)
    if [ "$owner" -eq 0 ]; then
        owner=10001 group=10001
        chown -R "$owner:$group" "$draft"
    fi
    mv "$draft" "$site"
    put "$env_file" <<END
COMPOSE_FILE=$files
DIALPLANE_UID=$owner
DIALPLANE_GID=$group
POSTGRES_PORT=$postgres_port
VALKEY_PORT=$valkey_port
END
}

check "$@"
trap 'rm -rf "$draft"' EXIT
make_databases
make_pbxs "$@"
give
say "made $site (its secrets are for its owner's eyes alone) and $env_file"
for pbx in "$@"; do
    case $pbx in
    asterisk) say "your trunk and phones: $site/asterisk/pjsip.conf" ;;
    freeswitch) say "your trunk and phones: $site/freeswitch/gateways.xml and phones.xml" ;;
    esac
done
say "then, in $here: docker compose up --detach --build"

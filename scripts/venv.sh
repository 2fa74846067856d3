#!/bin/sh
# venv.sh FOLDER: a virtual environment of Python 3.11 or later with a pip of today.
# Debian and Ubuntu ship Python without its venv module: as root it is installed, else named.
set -eu
folder=$1
export PIP_DISABLE_PIP_VERSION_CHECK=1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() { # $1: a further test that the program must pass
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        for path in $(which -a "$name" 2>/dev/null); do
            if new_enough "$path" && "$1" "$path"; then
                echo "$path"
                return
            fi
        done
    done
}

missing_package() { # the package that this machine lacks
    bare=$(find_python true)
    [ -n "$bare" ] || { echo python3-venv; return; }
    "$bare" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

give_up() {
    echo "error: $1" >&2
    exit 1
}

python=$(find_python has_venv)
if [ -z "$python" ]; then
    package=$(missing_package)
    command -v apt-get >/dev/null || give_up "Dialplane needs Python 3.11 or later with its venv module: install it and try again"
    [ "$(id -u)" = 0 ] || give_up "Python's venv module is missing: run 'sudo apt-get install $package' and try again"
    echo "installing $package"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install "$package"; } >/dev/null ||
        give_up "apt-get could not install $package: is the network up?"
    python=$(find_python has_venv)
    [ -n "$python" ] || give_up "this system has no Python 3.11 or later: install one and try again"
fi

if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear "$folder"
fi
echo "filling $folder with $("$folder/bin/python" -V) packages (half a minute, once)"
"$folder/bin/python" -m pip install --quiet --upgrade 'pip>=25.1'

#!/bin/sh
# python_esl.sh VENV: python-ESL, which esl+native:// needs, built into a virtual environment.
# SWIG comes from PyPI, as a wheel, so nobody has to be root; what has to be there is a C++ compiler
# and Python's headers (Debian, Ubuntu: g++ python3-dev). Without them there is no esl+native://, and
# its tests are passed over. With them it has to be built: what is passed over unseen rots.
set -eu
bin=$(cd "$1/bin" && pwd)  # whole: SWIG is called from the folder that is built in
here=$(cd "$(dirname "$0")" && pwd)
export PIP_DISABLE_PIP_VERSION_CHECK=1

if "$bin/python" -c 'import ESL' 2>/dev/null; then
    exit 0
fi
"$bin/python" -m pip install --quiet 'swig>=4.1' setuptools wheel
log=$1/python-esl.log
if PATH="$bin:$PATH" DIST_EXTRA_CONFIG="$here/swig4.cfg" \
    "$bin/python" -m pip install --no-build-isolation --no-cache-dir 'python-ESL==1.4.18' >"$log" 2>&1
then
    exit 0
fi
headers=$("$bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
if command -v g++ >/dev/null && [ -e "$headers/Python.h" ]; then
    echo "python-ESL was not built, though a C++ compiler and Python's headers are here; see $log" >&2
    exit 1
fi
echo "python-ESL cannot be built here (g++ and Python's headers are needed): esl+native:// is left out" >&2

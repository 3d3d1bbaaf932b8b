# Sourced by the scripts beside it: finds Python, makes .venv, installs the locked requirements when the lock changed.
# Leaves $root and $python.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python="$root/.venv/bin/python"
export PYTHONPATH="$root"

find_python() {
    for name in python3.11 python3.12 python3.13 python3.14 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Quarterdeck needs Python 3.11 or newer, and none of python3.11, python3.12, python3.13, python3 is." >&2
    exit 1
}

make_venv() {
    "$python" -c '' 2>/dev/null && return
    found=$(find_python)
    echo "Making .venv with $found"
    if ! "$found" -m venv --clear "$root/.venv"; then
        echo "Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
}

# install FILE: only when FILE differs from what was installed last. Two runs at once wait for each other.
install() {
    make_venv
    "$python" "$root/bin/install.py" "$root/$1"
}

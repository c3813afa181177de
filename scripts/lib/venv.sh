# Sourced by the scripts: makes .venv and keeps it in step with pyproject.toml and requirements.lock.
# Written for bash 3.2, the one macOS ships. Expects $ROOT; says what it does on stderr, so stdout stays the command's.

VENV="$ROOT/.venv"

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# Runs a noisy command and shows its output only when it fails. Addresses are masked: those of a package index may carry
# credentials, and logs are public.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        sed -E -e 's#(https?://)[^/ ]+#\1…#g' -e "s#(host=|resolve )'[^']*'#\1'…'#g" "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}

new_enough() {
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Debian splits venv's other half, ensurepip, into a package of its own.
makes_venvs() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    local candidate incomplete=""
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11
    fi
    for candidate in "$@"; do
        new_enough "$candidate" || continue
        if makes_venvs "$candidate"; then
            command -v "$candidate"
            return
        fi
        incomplete="${incomplete:-$candidate}"
    done
    if [ -n "$incomplete" ]; then
        die "$incomplete cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv; then run this again."
    fi
    die "Python 3.11 or newer is needed, and none was found. Install one, or name it: PYTHON=/path/to/python $0"
}

# What an installation depends on; another path means that the folder was moved, and scripts in .venv name it.
wanted_stamp() {
    printf '%s\n' "$ROOT"
    cat "$ROOT/pyproject.toml" "$ROOT/requirements.lock" | cksum
}

is_installed() { # is_installed run|test
    [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/installed-for-$1" 2>/dev/null)" = "$(wanted_stamp)" ]
}

make_venv() {
    local python
    if [ -x "$VENV/bin/python" ] && new_enough "$VENV/bin/python"; then
        # An environment made by other tools may come without pip.
        "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || quietly "$VENV/bin/python" -m ensurepip
        return
    fi
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    quietly "$python" -m venv --clear "$VENV" || die "$python could not make $VENV; the lines above say why."
}

pip_install() {
    quietly "$VENV/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$@" ||
        die "pip could not install; the lines above say why. Running this again continues."
}

# The package with what it needs to run, at the locked versions.
install_to_run() {
    is_installed run && return
    make_venv
    say "installing Tallylight (a minute the first time)"
    pip_install --constraint "$ROOT/requirements.lock" --editable "$ROOT"
    wanted_stamp >"$VENV/installed-for-run"
}

# The same, and everything that tests and checks need.
install_to_test() {
    is_installed test && return
    make_venv
    say "installing Tallylight and its test tools (a minute or two the first time)"
    pip_install --requirement "$ROOT/requirements.lock"
    pip_install --no-deps --editable "$ROOT"
    wanted_stamp | tee "$VENV/installed-for-run" >"$VENV/installed-for-test"
}

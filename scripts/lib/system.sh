# Sourced by scripts/test, scripts/check and CI after venv.sh: programs that pip cannot install.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_apt() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

# Mirrors refuse now and then, most often while they are being updated: three tries.
apt_update() {
    local try
    for try in 1 2 3; do
        quietly as_root apt-get update -qq && return
        say "apt-get update failed (try $try of 3)"
        sleep $((try * 5))
    done
    return 1
}

apt_install() {
    say "installing $* with apt"
    apt_update || say "going on with the package lists that are there"
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

find_chromium() {
    local candidate
    for candidate in "${TALLYLIGHT_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium; do
        [ -n "$candidate" ] && command -v "$candidate" && return
    done
    return 1
}

# Sets TALLYLIGHT_CHROMIUM for the tests. Without a Chromium they are skipped and say so, unless
# TALLYLIGHT_REQUIRE_BROWSERS=1.
provide_chromium() {
    if ! find_chromium >/dev/null && can_apt; then
        apt_install chromium fonts-dejavu-core || say "apt could not install Chromium; the lines above say why."
    fi
    if TALLYLIGHT_CHROMIUM=$(find_chromium); then
        export TALLYLIGHT_CHROMIUM
        return
    fi
    unset TALLYLIGHT_CHROMIUM
    say "no Chromium here, so the browser tests cannot run. Install Chromium or Google Chrome" \
        "(Debian: apt install chromium; macOS: brew install --cask google-chrome), or name one in TALLYLIGHT_CHROMIUM."
}

find_webkit() {
    command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null
}

# Firefox and WebKitGTK, which the tests find by themselves. Where one cannot be had, its tests are skipped and say so,
# unless TALLYLIGHT_REQUIRE_BROWSERS=1. One after the other: of the packages that apt is asked for together it installs
# all or none, and not every distribution has all of them.
provide_browsers() {
    provide_chromium
    can_apt || return 0
    if ! command -v firefox-esr firefox >/dev/null; then
        apt_install firefox-esr || say "apt could not install Firefox ESR; the lines above say why."
    fi
    if ! find_webkit; then
        apt_install webkit2gtk-driver xvfb || say "apt could not install WebKitGTK; the lines above say why."
    fi
}

find_faketime() {
    compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null || [ -e /usr/lib/faketime/libfaketimeMT.so.1 ]
}

find_cluster() {
    command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null
}

# What faults are made with: another clock, and a PostgreSQL that may be stopped. Without one its tests are skipped and
# say so, unless TALLYLIGHT_REQUIRE_FAULTS=1.
provide_faults() {
    can_apt || return 0
    find_faketime || apt_install libfaketime || say "apt could not install libfaketime; the lines above say why."
    find_cluster || apt_install_stopped postgresql || say "apt could not install PostgreSQL; the lines above say why."
}

# nginx, Caddy and openssl, behind which the tests put a server. Where one cannot be had, its tests are skipped and say so,
# unless TALLYLIGHT_REQUIRE_PROXIES=1. Debian starts what it installs: a policy that says no keeps the ports free.
provide_proxies() {
    PATH=$PATH:/usr/sbin
    can_apt || return 0
    local program package
    for program in nginx:nginx-light caddy:caddy openssl:openssl; do
        package=${program#*:}
        command -v "${program%:*}" >/dev/null || apt_install_stopped "$package" ||
            say "apt could not install $package; the lines above say why."
    done
}

# Installs a package whose service is not to run.
apt_install_stopped() {
    local policy=/usr/sbin/policy-rc.d
    if as_root test -e "$policy"; then
        apt_install "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod +x "$policy"
    local status=0
    apt_install "$@" || status=$?
    as_root rm -f "$policy"
    return "$status"
}

# What package.json names: the type checker of the page's modules, and axe-core, which looks for what shuts people out.
# Expects to be in $ROOT. No lock file: package.json pins both exactly. No scripts: nothing needs
# to be built.
provide_node_modules() {
    if [ -x node_modules/.bin/tsc ] && [ -e node_modules/axe-core/axe.min.js ] && [ ! package.json -nt node_modules ]; then
        return
    fi
    provide_node || return
    quietly npm install --no-package-lock --no-audit --no-fund --ignore-scripts --no-progress || return
    touch node_modules
}

# Node runs npm and the type checker.
provide_node() {
    command -v npm >/dev/null && return
    if can_apt; then
        apt_install nodejs npm && return
    fi
    say "npm was not found: install Node.js 18 or newer (Debian: apt install nodejs npm; macOS: brew install node)."
    return 1
}

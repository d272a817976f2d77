#!/usr/bin/env bash
# Makes .venv hold what a lock file names; returns at once when it already does.
#
#   scripts/set_up.sh requirements.lock|requirements-dev.lock [--browser]
#
# --browser also asks for the Chromium that the browser tests drive.
# PYTHON, CXX and CHROMIUM name another interpreter, compiler or browser.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
stamp=$venv/.installed      # what a finished set-up put here, and for which Python
busy=$venv/.set-up-running  # stands while pip works; found later, it tells of an interruption
lock=$1
browser=${2:-}

minor_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

contents() { # the stamp that installing the lock file $1 leaves
  echo "Python $version"
  cat requirements.lock
  [[ $1 == requirements.lock ]] || cat "$1"
}

is_ready() { # the development lock holds the other one
  [[ -e $stamp && ! -e $busy ]] || return 1
  local candidate
  for candidate in "$lock" requirements-dev.lock; do
    cmp -s "$stamp" <(contents "$candidate") && return 0
  done
  return 1
}

missing=()
lacks() { missing+=("Missing: $1. Remedy: sudo apt-get install -y $2"); }

stop_if_anything_is_missing() {
  [[ ${#missing[@]} -eq 0 ]] && return
  printf '%s\n' "${missing[@]}" >&2
  exit 1
}

is_whole() { # of Python $1, with pip, and not left half made
  [[ ! -e $busy && -d $venv/lib/python$1/site-packages/pip ]]
}

choose_python() { # sets python and version; an environment that works keeps its Python
  python=${PYTHON:-python3}
  if [[ -z ${PYTHON:-} ]] && version=$(minor_version "$venv/bin/python") && is_whole "$version"; then
    python=$venv/bin/python
  fi
  if ! version=$(minor_version "$python"); then
    lacks "Python 3.11 or newer ($python does not run)" "python3 python3-venv python3-dev"
    stop_if_anything_is_missing
  elif [[ ${version%%.*} -lt 3 || ${version%%.*} -eq 3 && ${version##*.} -lt 11 ]]; then
    echo "Too old: $python is Python $version, and 3.11 or newer is needed." \
      "Remedy: install one and name it, as in PYTHON=python3.12 make run" >&2
    exit 1
  fi
}

check_browser() {
  [[ $browser == --browser ]] || return 0
  command -v "${CHROMIUM:-chromium}" >/dev/null ||
    lacks "Chromium, which the browser tests drive" chromium
}

check_build_tools() { # what pip needs and cannot bring; hnswlib comes as source
  local compiler debian=python3 gap
  read -r compiler _ <<<"${CXX:-g++}"
  command -v "$compiler" >/dev/null || lacks "a C++ compiler, which builds hnswlib" g++
  [[ $python =~ python3\.[0-9]+$ ]] && debian=${python##*/}
  while read -r gap; do
    case $gap in
      headers) lacks "the headers of Python $version, which hnswlib needs" "$debian-dev" ;;
      venv) lacks "the venv module of Python $version" "$debian-venv" ;;
      openmp) lacks "the OpenMP library, which LightGBM needs" libgomp1 ;;
    esac
  done < <("$python" -c '
import ctypes, importlib.util, os, sys, sysconfig
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print("headers")
if importlib.util.find_spec("ensurepip") is None:
    print("venv")
if sys.platform == "linux":
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        print("openmp")
')
}

fail() {
  echo "Set-up failed: $1 (its own message stands above). The next call starts it anew." >&2
  exit 1
}

prepare_venv() { # keeps what is there only if it is whole and of this Python
  local keep=
  is_whole "$version" && keep=yes
  if [[ -e $venv && ! $keep ]]; then
    echo "$venv is half made or not of Python $version: making it anew."
    rm -rf "$venv"
  fi
  mkdir -p "$venv"
  touch "$busy"
  rm -f "$stamp"
  [[ $keep ]] || "$python" -m venv "$venv" || fail "Python could not make $venv"
}

install() {
  local quiet=--quiet
  [[ -t 1 ]] && quiet=
  echo "Setting up $venv with Python $version from $lock (the first time takes a minute or more) ..."
  # shellcheck disable=SC2086  # an empty $quiet must vanish
  "$venv/bin/python" -m pip --disable-pip-version-check --no-input install $quiet -r "$lock" ||
    fail "pip could not install $lock"
  contents "$lock" >"$stamp"
  rm "$busy"
}

choose_python
check_browser
if is_ready; then
  stop_if_anything_is_missing
  exit
fi
check_build_tools
stop_if_anything_is_missing

# Two set-ups at once would mix their files: the second waits, then finds the work done.
if command -v flock >/dev/null; then
  exec 9<scripts/set_up.sh
  flock 9
  choose_python
  is_ready && exit
fi
prepare_venv
install

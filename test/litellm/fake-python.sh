#!/bin/sh
# Stands in for Python in tests of the installer: answers its questions, makes environments that hold a copy of this script,
# and "installs" by noting it in the folder that the file `state` beside it names.
state=$(cat "$(dirname "$0")/state")
for last; do :; done
case "$*" in
  *"import sys, venv"*) echo 3.11 ;;
  *"-m venv"*)
    mkdir -p "$last/bin" "$last/lib/python3.11/site-packages/one-1.0.dist-info"
    cp "$0" "$last/bin/python"
    cp "$(dirname "$0")/state" "$last/bin/state"
    ;;
  *find_spec*)
    [ -e "$(dirname "$0")/installed" ] || exit 1
    echo 9.9.9
    echo /prices.json
    ;;
  *" install "*)
    echo asked >>"$state/installs"
    echo "Collecting one==1.0"
    if [ -e "$state/fail" ]; then echo "ERROR: no route to the index"; exit 1; fi
    touch "$(dirname "$0")/installed"
    ;;
esac

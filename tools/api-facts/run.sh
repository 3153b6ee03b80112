#!/bin/sh
# Writes facts/kubernetes-1.37.json, the codec golden files, and beside this file the default rules that are not data.
set -e
cd "$(dirname "$0")"
GOFLAGS=-mod=mod go run . -out ../../facts/kubernetes-1.37.json -internal ../../facts/internal-1.37.json -conditional-defaults conditional-defaults.tsv -golden ../../test/golden/codec "$@" 2>/tmp/api-facts.$$.log || { cat /tmp/api-facts.$$.log >&2; rm -f /tmp/api-facts.$$.log; exit 1; }
grep '^note' /tmp/api-facts.$$.log >&2 || true
rm -f /tmp/api-facts.$$.log

#!/bin/sh
# Evaluates the expressions of test/golden/cel/expressions.json with Kubernetes' own CEL and writes its answers there.
set -e
cd "$(dirname "$0")"
module=$(mktemp -d)
trap 'rm -rf "$module"' EXIT
cp ./*.go ../api-facts/go.mod ../api-facts/go.sum "$module"
(cd "$module" && GOFLAGS=-mod=mod go build -o reference .)
node record.mjs questions | "$module/reference" >"$module/answers"
node record.mjs answers <"$module/answers"

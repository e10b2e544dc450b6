#!/bin/sh
# Expands every table of cases-src/ and asks the reference for the answers; needs Go.
# Usage: ./regenerate.sh [TABLE…], for example ./regenerate.sh set grammar
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- $(cd cases-src && ls ./*.txt | sed 's|^\./||; s|\.txt$||')
"${CARGO:-cargo}" build --quiet --package spec-tests --bins
(cd reference && go build -o ../../target/ottlreference .)
for table in "$@"; do
    ../target/debug/spec-cases "cases-src/$table.txt" | ../target/ottlreference -repeat 8 > "cases/$table.jsonl.new"
    mv "cases/$table.jsonl.new" "cases/$table.jsonl"
    echo "$table: $(wc -l < "cases/$table.jsonl") cases"
done

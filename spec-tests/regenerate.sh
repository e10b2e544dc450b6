#!/bin/sh
# Expands every table of cases-src/ and asks the reference for the answers; needs Go.
# Usage: ./regenerate.sh [TABLE…], for example ./regenerate.sh set grammar
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- $(cd cases-src && find . -name '*.txt' | sed 's|^\./||; s|\.txt$||' | LC_ALL=C sort)

# The program that answers a table; each has its own versions of the reference.
program() {
    case "${1##*/}" in
        *routing*) echo ottlrouting ;;
        processor-* | configs-* | profiles*) echo ottlprocessors ;;
        *) echo ottlreference ;;
    esac
}

"${CARGO:-cargo}" build --quiet --package spec-tests --bins
(cd reference && go build -o ../../target/ottlreference .)
(cd reference/processors && go build -o ../../../target/ottlprocessors .)
(cd reference/routing && go build -o ../../../target/ottlrouting .)
for table in "$@"; do
    mkdir -p "cases/$(dirname "$table")"
    ../target/debug/spec-cases "cases-src/$table.txt" |
        "../target/$(program "$table")" -repeat 8 > "cases/$table.jsonl.new"
    mv "cases/$table.jsonl.new" "cases/$table.jsonl"
    echo "$table: $(wc -l < "cases/$table.jsonl") cases"
done

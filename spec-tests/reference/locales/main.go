// Command locales writes the table of names that the converter Time reads times in other languages by:
// those of github.com/elastic/lunes, which takes them from the CLDR.
//
//	cd spec-tests/reference && go run ./locales > ../../ottl-stdlib/src/support/time/locales.txt
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/elastic/lunes"
)

const header = `# Names of days, months and halves of the day, from the Unicode CLDR, version %d.
# Copyright © 2004-2025 Unicode, Inc.; LICENSE-UNICODE in the folder of this crate.
# Written by spec-tests/reference/locales; do not edit.
#
# A line is for the locales that it begins with. Five columns follow, with names separated by bars: short days,
# long days, short months, long months, halves. An empty column says that the locale has no such names, and one
# such as =de that they are those of that locale.
`

// The library has no list of the locales it knows, but a constant for each.
var constant = regexp.MustCompile(`(?m)^\s+Locale\w+\s+= "([^"]+)"`)

// Set is the names of one locale, in the order of the columns.
type set [5]string

func main() {
	w := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(w, header, lunes.CLDRVersion)
	tags, sets := read()
	firstWith := map[string]string{}
	for i, names := range sets {
		fmt.Fprint(w, strings.Join(tags[i], " "))
		for column, list := range names {
			key := fmt.Sprint(column, list)
			if first, ok := firstWith[key]; ok && len(first)+1 < len(list) {
				list = "=" + first
			} else if !ok {
				firstWith[key] = tags[i][0]
			}
			fmt.Fprint(w, "\t", list)
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		log.Fatal(err)
	}
}

// Read returns each distinct set of names and the tags of the locales that have it.
func read() (tags [][]string, sets []set) {
	source, err := os.ReadFile(filepath.Join(library(), "tables.go"))
	if err != nil {
		log.Fatal(err)
	}
	for _, match := range constant.FindAllSubmatch(source, -1) {
		tag := string(match[1])
		locale, err := lunes.NewDefaultLocale(tag)
		if err != nil {
			log.Fatal(err)
		}
		names := set{
			column(locale.ShortDayNames()),
			column(locale.LongDayNames()),
			column(locale.ShortMonthNames()),
			column(locale.LongMonthNames()),
			column(locale.DayPeriods()),
		}
		i := slices.Index(sets, names)
		if i < 0 {
			i = len(sets)
			sets = append(sets, names)
			tags = append(tags, nil)
		}
		tags[i] = append(tags[i], tag)
	}
	if len(sets) == 0 {
		log.Fatal("the library's list of locales has another form")
	}
	return tags, sets
}

func column(names []string) string {
	for _, name := range names {
		if name == "" || name[0] == '=' || strings.ContainsAny(name, "|\t\n") {
			log.Fatalf("the name %q needs another form of the table", name)
		}
	}
	return strings.Join(names, "|")
}

// Library returns the folder of the library's source.
func library() string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/elastic/lunes").Output()
	if err != nil {
		log.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

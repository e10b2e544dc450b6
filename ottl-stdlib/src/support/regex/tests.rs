//! Answers of Go's `regexp`, for what is easily got wrong.

use std::sync::Arc;

use otlp_columns::{Heap, Stop};

use super::*;

const LIMIT: Room = Room::of(32 << 20);

fn compile(pattern: &str) -> GoRegex {
    GoRegex::new(pattern.as_bytes(), LIMIT).unwrap_or_else(|error| panic!("{pattern}: {error:?}"))
}

#[track_caller]
fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let regex = compile(pattern);
    for text in matching {
        assert!(matches(&regex, text), "{pattern} on {text:?}");
    }
    for text in others {
        assert!(!matches(&regex, text), "{pattern} on {text:?}");
    }
}

fn matches(regex: &GoRegex, text: impl AsRef<[u8]>) -> bool {
    let found = regex.is_match(&Meter::default(), text.as_ref());
    found.expect("there is no limit")
}

fn replace_all(
    regex: &GoRegex,
    text: &[u8],
    template: &Template,
    limit: usize,
) -> Result<Option<Vec<u8>>, ExecError> {
    let mut out = TextBuilder::new(&Heap::scratch(), limit);
    let found = regex.replace_all(&Meter::default(), text, template, &mut out)?;
    Ok(found.then(|| out.bytes().to_vec()))
}

fn replace(pattern: &str, text: impl AsRef<[u8]>, template: &str) -> String {
    let template = Template::new(template.as_bytes());
    let replaced = replace_all(&compile(pattern), text.as_ref(), &template, 1000);
    let replaced = replaced.expect("it is short");
    let replaced = replaced.unwrap_or_else(|| text.as_ref().to_vec());
    String::from_utf8_lossy(&replaced).into_owned()
}

#[test]
fn perl_classes_and_word_boundaries_are_ascii() {
    check(r"^\d+$", &["12"], &["٣", ""]);
    check(r"^\w$", &["a", "_"], &["é"]);
    check(r"^\s$", &[" ", "\x0c"], &["\x0b", "\u{a0}"]);
    check(r"^[[:space:]]$", &["\x0b"], &["\u{a0}"]);
    check(r"é\b", &["éa"], &["é "]);
    check(r"^[^\D5]$", &["4"], &["5", "x"]);
}

#[test]
fn anchors_need_a_flag_to_see_lines() {
    check("^b$", &["b"], &["a\nb", "b\n"]);
    check("(?m)^b$", &["a\nb\nc"], &["ab"]);
    check(r"(?m)\Ab\z", &["b"], &["b\nb"]);
    check("a.b", &["axb"], &["a\nb"]);
    check("(?s)a.b", &["a\nb"], &[]);
}

#[test]
fn case_folding_is_that_of_unicode() {
    check("(?i)straSSE", &["STRASSE", "Straſſe"], &["straße"]);
    check(r"^(?i:\w)$", &["ſ", "\u{212a}"], &["é"]);
    check("^(?i)[^k]$", &["x"], &["K", "\u{212a}"]);
    check(r"^(?i)\p{Lu}$", &["a"], &["1"]);
    check("(?i:a)b", &["Ab"], &["AB"]);
    check("(?i)a(?-i)b", &["Ab"], &["AB"]);
}

#[test]
fn classes_by_name() {
    check(r"^\p{Greek}\pL\p{^Lu}\P{Lu}$", &["αaaa"], &["aaaa", "αaAa"]);
    check(r"^\p{old_italic}$", &["\u{10300}"], &["a"]);
    check(r"^[\p{Any}]$", &["a"], &[]);
    check(r"^\p{ASCII}$", &["a"], &["é"]);
    check(r"\p{Cs}", &[], &["a"]);
    for pattern in [
        r"\p{Alphabetic}",
        r"\p{Grek}",
        r"\p{sc=Greek}",
        r"\pé",
        r"\p{",
        "[[:foo:]]",
    ] {
        assert!(
            GoRegex::new(pattern.as_bytes(), LIMIT).is_err(),
            "{pattern}"
        );
    }
}

#[test]
fn what_go_rejects_is_rejected() {
    let patterns = [
        "a**",
        "a*??",
        "*a",
        "(|*a)",
        "a|*",
        "(?=a)",
        "(?<=a)",
        r"(a)\1",
        r"\C",
        r"\Z",
        r"\h",
        "a{1001}",
        "(a{100}){11}",
        "a{2,1}",
        "(",
        ")",
        "[a",
        "[b-a]",
        r"[a-\d]",
        "(?P<n-1>a)",
        "(?P<>a)",
        "(?x)a",
        "(?i",
        "(?i-)",
        "(?--i)",
        "(?P=n)",
        "\\",
        r"\x{110000}",
        r"\xz",
        r"\8",
        "(?u)a",
        r"[\b]",
        r"\é",
        "[]",
        "[^]",
    ];
    for pattern in patterns {
        assert!(
            GoRegex::new(pattern.as_bytes(), LIMIT).is_err(),
            "{pattern}"
        );
    }
    assert!(GoRegex::new(b"\xff", LIMIT).is_err());
}

#[test]
fn what_only_go_accepts_is_accepted() {
    check("^a{,2}$", &["a{,2}"], &["aa"]);
    check("^{a}{01}$", &["{a}{01}"], &[]);
    check("^a(?i)*$", &["aa", ""], &["b"]);
    check(r"^a*\Q\E*$", &["aa"], &["b"]);
    check(r"^\Qa.b*\E+$", &["a.b**"], &["a.b", "axb*"]);
    check(r"^\x41\x{1F600}\101\0\_$", &["A😀A\0_"], &[]);
    check("^[]a]+[^]b]$", &["]ac"], &["]ab"]);
    check("^[a-]+[-b]$", &["a--"], &[]);
    check("^[a-b-c]$", &["b", "c", "-"], &["d"]);
    check("^[[a&&b~~#]]$", &["[]", "&]", "~]"], &["c]"]);
    check(r"^[\x{D800}]|[^\x{DFFF}]$", &["a"], &[""]);
    check("(?P<1>a)(?<_>b)#  x", &["ab#  x"], &["ab"]);
    check("(a{0}){1000}()", &["", "a"], &[]);
}

#[test]
fn deep_patterns_neither_overflow_nor_pass_the_limit() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    check(&nested(900), &["a"], &["b"]);
    let stars = format!("{}a{}", "(?:".repeat(900), "*)".repeat(900));
    check(&stars, &[""], &[]);
    for pattern in [nested(1100), nested(1_000_000), "(?:".repeat(1_000_000)] {
        assert!(GoRegex::new(pattern.as_bytes(), LIMIT).is_err());
    }
}

#[test]
fn what_takes_more_than_its_limit_is_rejected() {
    for (pattern, size) in [
        (r"(?:\pL{100}){2}", 1 << 20),
        // Its automaton is small, but not what a search for its groups may note.
        (&*"()".repeat(1000), 4 << 20),
    ] {
        let pattern = pattern.as_bytes();
        let too_large = PatternError::TooLarge(size);
        assert_eq!(GoRegex::new(pattern, Room::of(size)).err(), Some(too_large));
        let regex = GoRegex::new(pattern, LIMIT).expect("there is room");
        assert!(regex.size().memory > size);
    }
    assert!(compile(r"^(\S+) (\d+)$").size().memory < 64 << 10);
}

#[test]
fn empty_matches_are_replaced_as_go_does() {
    assert_eq!(replace("a*", "baac", "x"), "xbxcx");
    assert_eq!(replace("a*", "", "x"), "x");
    assert_eq!(replace("", "é€", "-"), "-é-€-");
    assert_eq!(replace("(?m)^", "a\n\nb", "> "), "> a\n> \n> b");
    assert_eq!(replace(r"\b", "ab cd", "|"), "|ab| |cd|");
    assert_eq!(replace(r"$", "ab", "!"), "ab!");
    assert_eq!(replace("|a", "aa", "x"), "xaxax");
}

#[test]
fn templates_are_those_of_go() {
    let phone = r"(?P<area>\d+)-(\d+)";
    assert_eq!(replace(phone, "12-34", "$2-$area"), "34-12");
    assert_eq!(replace(phone, "12-34", "$1x"), "");
    assert_eq!(replace(phone, "12-34", "${1}x"), "12x");
    assert_eq!(
        replace(phone, "12-34", "$$1 $ ${ $} ${} ${1 $-"),
        "$1 $ ${ $} ${} ${1 $-"
    );
    assert_eq!(replace(phone, "12-34", "$9$nope$01[$0]"), "[12-34]");
    assert_eq!(replace(phone, "12-34", "$areaé.${areaé}|"), ".|");
    assert_eq!(replace("(a)|b", "ab", "<$1>"), "<a><>");
    assert_eq!(replace("(?P<01>a)", "a", "<$01>"), "<a>");
    assert_eq!(replace("(?P<n>a)|(?P<n>b)", "ab", "<$n>"), "<a><b>");
}

#[test]
fn bytes_that_are_no_utf8_are_one_character_each() {
    assert!(matches(&compile("^..$"), b"\xe2\x82"));
    assert!(!matches(&compile("^.$"), b"\xe2\x82"));
    assert!(matches(&compile("^[^a]$"), b"\xff"));
    let compiled = compile("(b)(.)");
    let template = Template::new(b"<$2>");
    let replaced = replace_all(&compiled, b"\xff\xfeb\x80c", &template, 100);
    assert_eq!(replaced, Ok(Some(b"\xff\xfe<\x80>c".to_vec())));
}

#[test]
fn results_have_a_limit() {
    let regex = compile("a");
    let template = Template::new(b"$0$0");
    assert_eq!(
        replace_all(&regex, b"aa", &template, 4),
        Ok(Some(b"aaaa".to_vec()))
    );
    assert!(replace_all(&regex, b"aa", &template, 3).is_err());
    assert!(replace_all(&regex, b"aab", &template, 4).is_err());
    assert_eq!(replace_all(&regex, b"bb", &template, 1), Ok(None));
}

#[test]
fn searches_that_read_the_rest_again_and_again_are_stopped() {
    // Each search looks for the end of the first alternative in all of the rest.
    let hostile = compile("a[^z]*z|[a-y]");
    let honest = compile("[a-y]+|a");
    let text = vec![b'a'; 100_000];
    let template = Template::new(b"");
    let work = |regex: &GoRegex| {
        let meter = Meter::new(1_000_000);
        let mut out = TextBuilder::new(&Heap::scratch(), 1000);
        let _ = regex.replace_all(&meter, &text, &template, &mut out);
        meter.stopped()
    };
    assert_eq!(work(&hostile), Some(Stop::Work));
    assert_eq!(work(&honest), None);
}

#[test]
fn names_that_have_to_be_found_among_many_are_work() {
    let groups: String = (0..200).map(|index| format!("(?P<g{index}>)")).collect();
    let regex = compile(&format!("{groups}x"));
    let stopped = |template: &str| {
        let template = Template::new(template.repeat(100).as_bytes());
        let mut heap = Heap::scratch();
        heap.set_meter(Arc::new(Meter::new(1_000_000)));
        let mut out = TextBuilder::new(&heap, 1000);
        let _ = regex.replace_all(&Meter::default(), &[b'x'; 1000], &template, &mut out);
        heap.meter().stopped()
    };
    assert_eq!(stopped("$none"), Some(Stop::Work));
    assert_eq!(stopped("${1}"), None);
}

#[test]
fn long_texts_with_many_matches_are_not_mistaken_for_hostile_ones() {
    // Any match might be followed by a search through the rest, and none is.
    let regex = compile(r#""[^"]*"|\w+"#);
    let text = r#""key": value, "other key": other value; "#.repeat(10_000);
    let meter = Meter::new(2_000_000);
    let mut matches = 0;
    let found = regex.for_each(&meter, text.as_bytes(), false, |_| {
        matches += 1;
        Ok(())
    });
    assert_eq!((found, matches, meter.stopped()), (Ok(()), 50_000, None));
}

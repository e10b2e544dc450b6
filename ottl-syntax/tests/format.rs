//! How sources are laid out, and what is left as it was.

use ottl_syntax::{
    Code, Dialect, FormatOptions, Limits, format_condition, format_script, format_statement,
    format_value, parse_script,
};

fn options(width: usize) -> FormatOptions {
    FormatOptions {
        width,
        ..FormatOptions::default()
    }
}

/// Asserts what a script becomes on pages of `width` columns, and that it then stays.
#[track_caller]
fn becomes_at(width: usize, source: &str, formatted: &str) {
    let format = |source: &str| format_script(source, Dialect::Selfops, &options(width));
    assert_eq!(format(source).as_deref(), Ok(formatted));
    assert_eq!(format(formatted).as_deref(), Ok(formatted), "once more");
}

#[track_caller]
fn becomes(source: &str, formatted: &str) {
    becomes_at(40, source, formatted);
}

#[test]
fn a_statement_that_fits_is_one_line() {
    becomes(
        "set(\n  a ,  Len( b [ \"k\" ] [ 0 ] )\n)\n  where c==1",
        "set(a, Len(b[\"k\"][0])) where c == 1\n",
    );
    becomes(
        "  set( a . b,{ \"k\" :[ 1,- 2 ] \"l\":{} },n = ( x,_ )=>x*2 )",
        "set(\n  a.b,\n  {\"k\": [1, -2], \"l\": {}},\n  n=(x, _) => x * 2\n)\n",
    );
    becomes("a>1>drop( )", "a > 1 > drop()\n");
    becomes("not(a+1==2)or true>f()", "not (a + 1 == 2) or true > f()\n");
}

#[test]
fn literals_keep_their_spelling() {
    becomes_at(
        100,
        r#"f(0017, 1., .5, 1.50e+03, 0xAbCd, "\x41\u00e4\"", '\'"', -0, + 1)"#,
        "f(0017, 1., .5, 1.50e+03, 0xAbCd, \"\\x41\\u00e4\\\"\", '\\'\"', -0, +1)\n",
    );
}

#[test]
fn first_the_clause_gets_a_line() {
    becomes(
        "set(attributes[\"a\"], 1) where a == 1 and b == 2",
        "set(attributes[\"a\"], 1)\n  where a == 1 and b == 2\n",
    );
    becomes(
        "attributes[\"a\"] == 1 and b == 2 > set(cccccc, 1)",
        "attributes[\"a\"] == 1 and b == 2\n  > set(cccccc, 1)\n",
    );
}

#[test]
fn then_each_operand_of_a_chain() {
    becomes(
        "set(a, 1) where aaaaaaaaa == 1 and bbbbbbbbbbbbb == 2 or ccccccccccccccc == 3 and not ddddddddd == 4",
        "\
set(a, 1)
  where aaaaaaaaa == 1
      and bbbbbbbbbbbbb == 2
    or ccccccccccccccc == 3
      and not ddddddddd == 4
",
    );
    becomes(
        "set(a, 1) where (aaaaaaaaaaaaaa == 1 or bbbbbbbbbbbbb == 2) and ccccccccccccccc == 3",
        "\
set(a, 1)
  where (
      aaaaaaaaaaaaaa == 1
      or bbbbbbbbbbbbb == 2
    )
    and ccccccccccccccc == 3
",
    );
    becomes(
        "aaaaaaaaaaaaaaaaaa == 1 and bbbbbbbbbbbbbbbbbb == 2 > set(a, 1)",
        "\
aaaaaaaaaaaaaaaaaa == 1
  and bbbbbbbbbbbbbbbbbb == 2
  > set(a, 1)
",
    );
}

#[test]
fn then_arguments_lists_and_maps() {
    becomes(
        r#"set(attributes["a"], {"first key": [1, 2], "second key": ["some text", "some more text", 3]})"#,
        r#"set(
  attributes["a"],
  {
    "first key": [1, 2],
    "second key": [
      "some text",
      "some more text",
      3
    ]
  }
)
"#,
    );
    becomes(
        "set(aaaaaaaaaaaaaaaaaaa, name=Filter(bbbbbbbbbbb, (k, v) => Concat([k, v], \"-\") == \"x-y\"))",
        "\
set(
  aaaaaaaaaaaaaaaaaaa,
  name=Filter(
    bbbbbbbbbbb,
    (k, v) =>
      Concat([k, v], \"-\") == \"x-y\"
  )
)
",
    );
}

#[test]
fn chains_of_arithmetic_break_before_operators() {
    becomes(
        "set(a, aaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbb * 2 - (ccccccccccccccccccc - dddddddddddddddddd))",
        "\
set(
  a,
  aaaaaaaaaaaaaa
    + bbbbbbbbbbbbbbbbbbb * 2
    - (
      ccccccccccccccccccc
      - dddddddddddddddddd
    )
)
",
    );
}

#[test]
fn columns_are_those_of_a_terminal() {
    let source = |text: &str| format!("set(a, \"{text}\")\n");
    becomes_at(20, &source("日本語日本"), &source("日本語日本"));
    becomes_at(
        19,
        &source("日本語日本"),
        "set(\n  a,\n  \"日本語日本\"\n)\n",
    );
}

#[test]
fn a_line_end_inside_a_string_is_its_own() {
    becomes("set(a,'one  \n   two', 3)", "set(a, 'one  \n   two', 3)\n");
    becomes_at(
        20,
        "set(a,'one  \n   two', aaaaaaaaaaa)",
        "set(\n  a,\n  'one  \n   two',\n  aaaaaaaaaaa\n)\n",
    );
}

#[test]
fn comments_between_statements() {
    becomes(
        "\n\n# one\n#two   \n\n\n\n   # three\nset(a, 1)#four\n# five\n\n\nset(b, 2)\nset(c, 3)\n\n\n\n# end\n\n\n",
        "# one\n#two\n\n# three\nset(a, 1) #four\n# five\n\nset(b, 2)\nset(c, 3)\n\n# end\n",
    );
    becomes("", "");
    becomes(" \n\r\n\t", "");
    becomes("\n# only\n\n", "# only\n");
    becomes(
        "set(a, 1) # longer than the page is wide, which is nothing to break a line for",
        "set(a, 1) # longer than the page is wide, which is nothing to break a line for\n",
    );
}

#[test]
fn comments_inside_statements() {
    becomes(
        "\
set( # editor
  a, # target
     # and more

  # own
  1 # value
  # last
) # clause
  # too
  where b == 1 # first
  and c == 2 # end
",
        "\
set( # editor
  a, # target
  # and more
  # own
  1 # value
  # last
) # clause
  # too
  where b == 1 # first
    and c == 2 # end
",
    );
    becomes(
        "f([ # empty\n], [\n# one\n], [1 # one\n, # two\n 2], {\"a\": 1 # x\n \"b\": 2, # y\n})",
        "\
f(
  [ # empty
  ],
  [
    # one
  ],
  [
    1, # one
    # two
    2
  ],
  {
    \"a\": 1, # x
    \"b\": 2 # y
  }
)
",
    );
}

#[test]
fn a_comment_without_a_place_goes_to_the_next() {
    becomes(
        "f(a # in a path\n.b, - # sign\n 1, Is # in a name\n Match # before a bracket\n (x))",
        "\
f(
  a.b, # in a path
  -1, # sign
  IsMatch( # in a name
    # before a bracket
    x
  )
)
",
    );
    becomes(
        "f(a) where # clause\n b # path\n . # dot\nc == # value\n 1 and # and\n d == e. # last\n f # end",
        "\
f(a)
  where # clause
    b.c # path
        # dot
        == # value
          1
      and # and
        d == e.f # last
# end
",
    );
}

#[test]
fn lines_end_as_the_first_one_does() {
    becomes(
        "# a\r\nset(a, # b\r\n '1\n2')\nset(b, 2)",
        "# a\r\nset(\r\n  a, # b\r\n  '1\n2'\r\n)\r\nset(b, 2)\r\n",
    );
    becomes("# a\nset(b, 2)\r\n", "# a\nset(b, 2)\n");
    becomes("set(b, '\r\n')\n", "set(b, '\r\n')\n");
}

#[test]
fn names_of_several_pieces() {
    becomes("se t(a, I s Match(b))", "set(a, IsMatch(b))\n");
    becomes("f(pa ram = Sh a)", "f(param=Sha)\n");
    // Joined, these would be read as something else.
    becomes(
        "f(n il(a), I n ot(b))\nwh  ere(a)",
        "f(n il(a), I n ot(b))\nwh ere(a)\n",
    );
}

#[test]
fn errors_are_those_of_the_parser() {
    let source = "set(a, 1)\nset(b, )\nset(c, $)\n";
    for dialect in [Dialect::Strict, Dialect::Selfops] {
        let parsed = parse_script(source, dialect, &Limits::default());
        assert_eq!(parsed.diagnostics.len(), 2);
        let formatted = format_script(source, dialect, &FormatOptions::default());
        assert_eq!(formatted, Err(parsed.diagnostics));
    }
    let codes = |source: &str, dialect| -> Vec<Code> {
        let formatted = format_script(source, dialect, &FormatOptions::default());
        let problems = formatted.err().into_iter().flatten();
        problems.map(|problem| problem.code).collect()
    };
    assert_eq!(codes("a == 1 > f()", Dialect::Strict), [Code::NeedsSelfops]);
    assert_eq!(codes("a == 1 > f()", Dialect::Selfops), []);
}

#[test]
fn sources_of_a_configuration() {
    let narrow = options(20);
    let strict = Dialect::Strict;
    assert_eq!(
        format_statement("set( a,1 )\nwhere b==1 and c==2", strict, &narrow).as_deref(),
        Ok("set(a, 1)\n  where b == 1\n    and c == 2")
    );
    assert_eq!(
        format_condition("aaaaaa==1 or bbbbbbb==2", strict, &narrow).as_deref(),
        Ok("aaaaaa == 1\n  or bbbbbbb == 2")
    );
    assert_eq!(
        format_value("[ 1,Len( a ) ]", strict, &narrow).as_deref(),
        Ok("[1, Len(a)]")
    );
    assert!(format_statement("set(a, 1) # no", strict, &narrow).is_err());
    assert!(format_condition("a", strict, &narrow).is_err());
    assert!(format_value("", strict, &narrow).is_err());
}

#[test]
fn the_text_does_not_outgrow_what_can_be_read() {
    let nested = format!(
        "f({}{}{})",
        "[".repeat(60),
        ["1"; 500].join(","),
        "]".repeat(60)
    );
    let of_length = |max_source_bytes| {
        let limits = Limits {
            max_source_bytes,
            ..Limits::default()
        };
        let width = 40;
        format_script(&nested, Dialect::Strict, &FormatOptions { width, limits })
    };
    let whole = of_length(1 << 20).expect("a valid script");
    assert!(whole.len() > 500 * 120);
    assert_eq!(of_length(whole.len()).as_ref(), Ok(&whole));
    let problems = of_length(whole.len() - 1).expect_err("too long");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::SourceTooLong);
}

/// What is tested is that they end, on the small stack of a test's thread, and give a text that
/// stays.
#[test]
fn as_deep_and_as_long_as_may_be() {
    let sources = [
        format!("f({}1{})", "(".repeat(63), ")".repeat(63)),
        format!("f({}1{})", "{\"a\":[".repeat(31), "]}".repeat(31)),
        format!("f({})", vec!["1"; 256].join("-")),
        format!("f(1) where {}", vec!["not 1 == 2"; 20_000].join(" and ")),
        format!("f([{}])", vec!["1"; 100_000].join(",")),
        format!(
            "f({}\"{}\"{})",
            "[".repeat(60),
            "\u{301}".repeat(100_000),
            "]".repeat(60)
        ),
        format!(
            "f({}\"{}\"{})",
            "[".repeat(60),
            "\n".repeat(200_000),
            "]".repeat(60)
        ),
        format!("f({}1)", "# c\n".repeat(50_000)),
        "# c\n".repeat(100_000),
        "f()\n".repeat(50_000),
    ];
    for source in sources {
        for width in [0, 40, usize::MAX] {
            let format = |source: &str| format_script(source, Dialect::Strict, &options(width));
            let once = format(&source).unwrap_or_else(|problems| panic!("{problems:?}"));
            assert_eq!(format(&once).as_ref(), Ok(&once));
        }
    }
}

#[test]
fn blocks_and_definitions_are_laid_out() {
    let source = "const  limit=5\nmacro  IsLate( n : int )=n>limit\nmacro mark(t:path){ set(t,\"x\") on error  ignore\n\n\n# late\nset( t , `\\d` )where t not  in [ \"a\" ] }\nwhen span.name==\"a\"{set(span.name,\"b\")}else when IsLate(3) { } else{ mark(span.name) # here\n}\nset(span.name, \"b\") where true else set(span.name, \"c\")\n";
    let expected = r#"const limit = 5
macro IsLate(n: int) = n > limit
macro mark(t: path) {
  set(t, "x") on error ignore

  # late
  set(t, `\d`) where t not in ["a"]
}
when span.name == "a" {
  set(span.name, "b")
} else when IsLate(3) {
} else {
  mark(span.name) # here
}
set(span.name, "b") where true else set(span.name, "c")
"#;
    let options = FormatOptions::default();
    let format = |source: &str| {
        format_script(source, Dialect::Selfops, &options)
            .unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    assert_eq!(format(source), expected);
    assert_eq!(format(expected), expected);
}

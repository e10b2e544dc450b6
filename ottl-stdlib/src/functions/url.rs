//! `URL(u_r_i)`

use memchr::{memchr_iter, memrchr};
use otlp_columns::{Entry, ListKind, MapKind, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind, go,
};

use crate::support::maps::{FixedKeys, MapBuilder, raw_map};
use crate::support::prepared::Prepared;
use crate::support::url::{Part, Url, cut, decode};
use crate::support::work;

/// The converter `URL`.
pub(crate) const URL: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "URL",
    // The reference derives the names of arguments from those of Go's fields, letter by letter here.
    params: &[Param::new("u_r_i", ParamKind::Value(ValueKind::String))],
    result: Type::Map,
    fields: &[],
    docs: "The parts of a URL, absolute or relative.\n\n\
           `url.original`, `url.domain`, `url.scheme` and `url.path` are always there; `url.port`, \
           `url.fragment`, `url.query`, `url.extension`, `url.user_info`, `url.username` and \
           `url.password` are where the URL has them. The port becomes an integer where the map, or a \
           list or map around it, is stored; by itself it equals no integer and cannot be stored. Of text that begins with `?` the only part is \
           `query`: a map from names to lists of values.",
    examples: &[
        Example {
            title: "An absolute URL",
            source: r#"URL("http://ann:secret@example.com:8080/a/page.html?q=1#top")"#,
            attributes: "{}",
            result: r#"{"map":{"url.domain":{"string":"example.com"},"url.extension":{"string":"html"},"url.fragment":{"string":"top"},"url.original":{"string":"http://ann:secret@example.com:8080/a/page.html?q=1#top"},"url.password":{"string":"secret"},"url.path":{"string":"/a/page.html"},"url.port":{"int":"8080"},"url.query":{"string":"q=1"},"url.scheme":{"string":"http"},"url.user_info":{"string":"ann:secret"},"url.username":{"string":"ann"}}}"#,
        },
        Example {
            title: "A query",
            source: r#"URL(span.attributes["query"])"#,
            attributes: r#"{"query":"?a=1&b=x+y&a=2"}"#,
            result: r#"{"map":{"query":{"map":{"a":{"list":[{"string":"1"},{"string":"2"}]},"b":{"list":[{"string":"x y"}]}}}}}"#,
        },
        Example {
            title: "No URL",
            source: r#"URL("http://[::1/")"#,
            attributes: "{}",
            result: "error: The URL is not valid: the host has a bracket that is not closed.",
        },
    ],
};

fn bind(_: &BindArgs<'_>) -> Result<Bound, BindError> {
    Ok(Bound::remembering(url))
}

/// Memory of the calls for the items before.
#[derive(Default)]
struct Memory {
    keys: FixedKeys,
    text: Vec<u8>,
    entries: Vec<(&'static str, Value)>,
}

fn url(memory: &mut Memory, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let Memory {
        keys,
        text,
        entries,
    } = memory;
    let target = work::string(cx, 0)?;
    text.clear();
    text.extend_from_slice(cx.bytes(target));
    entries.clear();
    match text.split_first() {
        None => return Err(ExecError::new("The URL is empty.")),
        Some((b'?', query)) => parameters(cx, query, entries)?,
        Some(_) => parts(cx, &Url::parse(text)?, entries)?,
    }
    Ok(raw_map(cx.heap_mut(), keys, entries))
}

fn parts(
    cx: &mut CallContext<'_>,
    url: &Url<'_>,
    entries: &mut Vec<(&'static str, Value)>,
) -> Result<(), ExecError> {
    let mut original = cx.text();
    url.write(&mut original)?;
    let original = cx.new_text(original);
    entries.push(("url.original", Value::Str(original)));
    let (domain, port) = url.host_and_port();
    entries.push(("url.domain", cx.new_string(domain)));
    entries.push(("url.scheme", cx.new_string(&url.scheme)));
    entries.push(("url.path", cx.new_string(&url.path)));
    if !port.is_empty() {
        let port = go::parse_int(port, 10)?;
        let number = u32::try_from(port).map_or(Value::Int(port), Value::opaque_number);
        entries.push(("url.port", number));
    }
    if !url.fragment.is_empty() {
        entries.push(("url.fragment", cx.new_string(&url.fragment)));
    }
    if let Some(user) = &url.user {
        let mut info = cx.text();
        user.write(&mut info)?;
        entries.push(("url.user_info", Value::Str(cx.new_text(info))));
        if !user.name.is_empty() {
            entries.push(("url.username", cx.new_string(&user.name)));
        }
        if let Some(password) = &user.password {
            entries.push(("url.password", cx.new_string(password)));
        }
    }
    if !url.encoded_query.is_empty() {
        entries.push(("url.query", cx.new_string(url.encoded_query)));
    }
    if let Some(dot) = memrchr(b'.', &url.path)
        && dot + 1 < url.path.len()
    {
        entries.push(("url.extension", cx.new_string(&url.path[dot + 1..])));
    }
    Ok(())
}

/// How many parameters a query may have, as in Go.
const MAX_PARAMETERS: usize = 10_000;

fn parameters(
    cx: &mut CallContext<'_>,
    query: &[u8],
    result: &mut Vec<(&'static str, Value)>,
) -> Result<(), ExecError> {
    if memchr_iter(b'&', query).count() >= MAX_PARAMETERS {
        return Err(ExecError::new(format!(
            "The query has more than {MAX_PARAMETERS} parameters."
        )));
    }
    let mut names = MapBuilder::default();
    let mut values: Vec<Vec<Value>> = Vec::new();
    for parameter in query.split(|&byte| byte == b'&') {
        if parameter.contains(&b';') {
            return Err(ExecError::new("The query has a semicolon."));
        }
        if parameter.is_empty() {
            continue;
        }
        cx.spend(1)?;
        let (name, value) = cut(parameter, b'=');
        let name = decode(name, Part::Query)?;
        let value = cx.new_string(&decode(value, Part::Query)?);
        match names.position(cx.heap(), &name) {
            Some(place) => values[place].push(value),
            None => {
                let name = cx.heap_mut().alloc(&name);
                names.push(cx.heap(), Entry::new(name, Value::Nil));
                values.push(vec![value]);
            }
        }
    }
    let heap = cx.heap_mut();
    let entries = names.entries().iter().zip(&values).map(|(entry, values)| {
        let values = heap.alloc_list(values);
        Entry::new(entry.key, Value::List(ListKind::Any, values))
    });
    let entries: Vec<_> = entries.collect();
    if !entries.is_empty() {
        let parameters = Value::Map(MapKind::Raw, heap.alloc_map(&entries));
        result.push(("query", parameters));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{convert, text};
    use serde_json::json;

    fn part(url: &str, key: &str) -> Option<String> {
        let map = convert(&URL, &[text(url)]).ok()?["map"].clone();
        Some(map[key]["string"].as_str().unwrap_or("-").to_owned())
    }

    #[test]
    fn parts_are_decoded_and_the_whole_is_not() {
        let url = "HTTP://u%40:p@h/a%2fb%20c?x=%zz#%41";
        for (key, expected) in [
            ("url.original", "http://u%40:p@h/a%2fb%20c?x=%zz#%41"),
            ("url.scheme", "http"),
            ("url.username", "u@"),
            ("url.user_info", "u%40:p"),
            ("url.path", "/a/b c"),
            ("url.query", "x=%zz"),
            ("url.fragment", "A"),
            ("url.extension", "-"),
        ] {
            assert_eq!(part(url, key).as_deref(), Some(expected), "{key}");
        }
    }

    #[test]
    fn what_must_be_encoded_is_encoded() {
        for (url, expected) in [
            ("http://h/a b", "http://h/a%20b"),
            ("a%3Ab\"", "./a:b%22"),
            ("%2A", "*"),
            ("%2a", "%2a"),
            ("http://h?", "http://h?"),
            ("http:/p", "http:/p"),
            ("http:///p", "http:///p"),
            ("http:p q", "http:p q"),
            ("http://[fe80::1%25en0]/", "http://[fe80::1%25en0]/"),
        ] {
            assert_eq!(
                part(url, "url.original").as_deref(),
                Some(expected),
                "{url}"
            );
        }
    }

    #[test]
    fn malformed_urls_are_errors() {
        for url in [
            "",
            ":",
            "1a:b",
            "http://h:1:2",
            "http://h:x",
            "http://[::1",
            "http://[1.2.3.4]",
            "http://[::1%25]",
            "http://a b/",
            "http://h/%4",
            "http://u v@h",
            "\u{7f}",
            "http://h:99999999999999999999",
        ] {
            assert_eq!(part(url, "url.path"), None, "{url}");
        }
    }

    #[test]
    fn a_query_is_a_map_of_lists() {
        let query = convert(&URL, &[text("?a=1&b=%2B+&a=2")]);
        let values = json!({
            "a": {"list": [{"string": "1"}, {"string": "2"}]}, "b": {"list": [{"string": "+ "}]}
        });
        assert_eq!(query, Ok(json!({"map": {"query": {"map": values}}})));
        assert!(convert(&URL, &[text("?a;b")]).is_err());
        assert!(convert(&URL, &[text(format!("?{}", "&".repeat(9_999)))]).is_ok());
        assert!(convert(&URL, &[text(format!("?{}", "&".repeat(10_000)))]).is_err());
    }
}

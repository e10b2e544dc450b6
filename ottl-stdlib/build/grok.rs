//! The grok patterns, from the files that grok-rs took over from Elastic's ingest node.
//!
//! The reference has them from go-grok, which renamed fields and rewrote what RE2 cannot do. The
//! changes below are those that make a difference to what is matched and captured.

use std::collections::BTreeMap;
use std::path::Path;

use crate::read;

/// The files with patterns that the reference has, too.
const FILES: [&str; 19] = [
    "aws",
    "bind",
    "bro",
    "exim",
    "firewalls",
    "grok-patterns",
    "haproxy",
    "httpd",
    "java",
    "junos",
    "linux-syslog",
    "maven",
    "mcollective",
    "mongodb",
    "postgresql",
    "rails",
    "redis",
    "ruby",
    "squid",
];

/// Fields, and a pattern, that have another name in the reference, wherever they occur.
const RENAMES: [(&str, &str); 11] = [
    ("source.ip}", "source.address}"),
    ("destination.ip}", "destination.address}"),
    ("client.ip}", "client.address}"),
    ("server.ip}", "server.address}"),
    ("host.hostname}", "host.name}"),
    (".body.bytes:", ".body.size:"),
    ("network.protocol}", "network.protocol.name}"),
    (":mongodb.", ":db.mongodb."),
    ("@metadata", "metadata"),
    ("process.name}", "process.command}"),
    ("MONTHNUM2", "MONTHNUM"),
];

/// Parts of patterns that differ: the name of the pattern, and what is replaced by what.
const CHANGES: &[(&str, &[(&str, &str)])] = &[
    ("BIND9_DNSTYPE", &[("|URI)", "|URI|IN)")]),
    (
        "CISCOFW106100",
        &[(r"\%{DATA:[metadata", r"\[%{DATA:metadata")],
    ),
    (
        "CISCOFW106100_2_3",
        &[(r"\%{DATA:[metadata", r"\[%{DATA:metadata")],
    ),
    ("CISCOFW602303_602304", &[(r"=\s?", "=")]),
    (
        "CISCO_ACTION",
        &[
            ("|denied by ACL|", "|"),
            ("|denied|", "|denied by ACL|"),
            ("|permitted|", "|permitted|denied|"),
        ],
    ),
    (
        "DAY",
        &[("(?:Mon", r"\b(?:Mon"), ("Sun(?:day)?)", r"Sun(?:day)?)\b")],
    ),
    ("ELB_URI", &[("^@*", "[^@]*")]),
    (
        "EXIM_MESSAGE_ARRIVAL",
        &[(
            "(?P<exim___log___status>[a-z:] )?",
            "(?:(?P<exim___log___status>[a-z:]) )?",
        )],
    ),
    ("EXIM_MSG_SIZE", &[("message.size", "message.body.size")]),
    (
        "EXIM_REMOTE_HOST",
        &[
            (
                "%{NOTSPACE:source.address} )?",
                r"\(%{NOTSPACE:source.host.name}\) )?",
            ),
            (r"\%{IP", r"\[%{IP"),
        ],
    ),
    (
        "HAPROXYCAPTUREDREQUESTHEADERS",
        &[("%{", "(?:-|%{"), ("}", "})")],
    ),
    (
        "HAPROXYCAPTUREDRESPONSEHEADERS",
        &[("%{", "(?:-|%{"), ("}", "})")],
    ),
    ("HAPROXYTIME", &[("%{HOUR}", r"\b%{HOUR}"), (")?", r")?\b")]),
    (
        "HTTPD24_ERRORLOG",
        &[(r"error.code?}\)", r"error.code}\)?")],
    ),
    (
        "MONGO_SLOWQUERY",
        &[(
            "%{MONGO_QUERY:db.mongodb.query.original}",
            r"\{ %{MONGO_QUERY_CONTENT:db.mongodb.query.original} \}",
        )],
    ),
    ("MONTHNUM", &[("0?[1-9]", "0[1-9]")]),
    ("RUUID", &[(r"\h", r"\S")]),
    (
        "S3_ACCESS_LOG",
        &[(r"\%{HTTPDATE:timestamp}\ ", r"\[%{HTTPDATE:timestamp}\] ")],
    ),
    ("SECOND", &[("[0-5]?", "[0-5]")]),
    (
        "SYSLOGFACILITY",
        &[
            (":log.syslog.facility.code:int", ""),
            (":log.syslog.priority:int", ""),
        ],
    ),
    (
        "SYSLOGPAMSESSION",
        &[("%{SYSLOGBASE} ", "%{SYSLOGBASE} (%{GREEDYDATA:message})")],
    ),
    (
        "SYSLOGPROG",
        &[
            (":process.command", ""),
            ("%{POSINT:process.pid:int}", r"\d+"),
        ],
    ),
    ("UNIXPATH", &[("[[[:alnum:]]_", r"[\w"), ("*)+", "+)+")]),
    ("URI", &[("(?:%{URIHOST})?", "%{URIHOST}")]),
    ("URIPATH", &[("*)+", "+)+")]),
    ("URN", &[("(?:%[0-9a-fA-F]{2}|", ""), ("])+", "]+")]),
    (
        "WINPATH",
        &[(r"([A-Za-z]+:|\\)", "[A-Za-z]+:"), ("*)+", "+)+")],
    ),
];

/// Patterns that are others in the reference, or that only it has.
const OTHERS: [(&str, &str); 9] = [
    ("BOOL", "true|false"),
    (
        "CISCOFW106023",
        concat!(
            "%{CISCO_ACTION:action}(?: protocol)? %{WORD:network.protocol.name}",
            r" src %{DATA:source.interface}:%{DATA:source.address}(?:/%{INT:source.port})?",
            r"(?:\(%{DATA:source.fwuser}\))?",
            r" dst %{DATA:destination.interface}:%{DATA:destination.address}",
            r"(?:/%{INT:destination.port})?(?:\(%{DATA:destination.fwuser}\))?",
            r"(?: \(type %{INT:icmp_type}, code %{INT:icmp_code}\))?",
            r#" by access-group "?%{DATA:policy_id}"? \[%{DATA:hashcode1}, %{DATA:hashcode2}\]"#,
        ),
    ),
    ("EMAILLOCALPART", "[A-Za-z][A-Za-z_+-=]+"),
    ("IPTABLES4_FRAG", r"(?:\s?(?:CE|DF|MF))*"),
    (
        "LOGLEVEL",
        concat!(
            "(?i)(?:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?",
            "|crit(?:ical)?|fatal|severe|emerg(?:ency)?)",
        ),
    ),
    (
        "MONGO_QUERY",
        r"\{ %{MONGO_QUERY_CONTENT:MONGO_QUERY} \} ntoreturn:",
    ),
    ("MONGO_QUERY_CONTENT", "(?:.*?)"),
    (
        "MONTH",
        concat!(
            r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?",
            r"|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b",
        ),
    ),
    ("RT_FLOW_EVENT", "%{RT_FLOW_TAG}"),
];

/// Rust source: the table `PATTERNS`, sorted by name.
pub(crate) fn table(folder: &Path) -> String {
    let mut patterns = BTreeMap::new();
    for file in FILES {
        add_file(&read(&folder.join(file)), &mut patterns);
    }
    // Renaming makes it the same as another one.
    patterns
        .remove("MONTHNUM2")
        .expect("the pattern MONTHNUM2 is there");
    for (name, changes) in CHANGES {
        let pattern = patterns.get_mut(*name);
        let pattern = pattern.unwrap_or_else(|| panic!("the pattern {name} is there"));
        for (old, new) in *changes {
            assert!(pattern.contains(old), "the pattern {name} has {old}");
            *pattern = pattern.replace(old, new);
        }
    }
    for (name, pattern) in OTHERS {
        patterns.insert(name.to_owned(), pattern.to_owned());
    }
    let entries = patterns.iter();
    let entries = entries.map(|(name, pattern)| format!("    ({name:?}, {pattern:?}),\n"));
    let entries: String = entries.collect();
    format!("static PATTERNS: &[(&str, &str)] = &[\n{entries}];\n")
}

/// Adds the patterns of a file, one a line, with a blank behind the name.
fn add_file(text: &str, patterns: &mut BTreeMap<String, String>) {
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, pattern) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("no pattern: {line}"));
        let renamed = RENAMES
            .iter()
            .fold(pattern.trim().to_owned(), |pattern, (old, new)| {
                pattern.replace(old, new)
            });
        patterns.insert(name.to_owned(), named_groups(&renamed));
    }
}

/// Writes groups as `(?<a.b>…)` with the names that RE2 allows, `(?P<a___b>…)`.
fn named_groups(pattern: &str) -> String {
    let mut parts = pattern.split("(?<");
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part
            .split_once('>')
            .filter(|_| !part.starts_with(['=', '!']))
        else {
            panic!("the pattern {pattern} looks behind");
        };
        written.push_str(&format!("(?P<{}>{rest}", name.replace('.', "___")));
    }
    written
}

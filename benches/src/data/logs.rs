//! Log records of services.

use super::random::Random;
use super::wire::Message;
use super::{BASE, SPREAD};

const SEVERITIES: [(u64, &str); 6] = [
    (1, "Trace"),
    (5, "Debug"),
    (9, "Info"),
    (13, "Warn"),
    (17, "Error"),
    (21, "Fatal"),
];
const LEVELS: [&str; 4] = ["debug", "info", "warning", "error"];
const METHODS: [&str; 4] = ["GET", "GET", "POST", "DELETE"];
/// Field number of a record's attributes.
const ATTRIBUTES: u32 = 6;
/// A record is observed so many nanoseconds after it was made.
const OBSERVED_LATER: u64 = 1_000_000;

pub(super) fn items(
    random: &mut Random,
    count: usize,
    body: fn(&mut Random) -> String,
) -> (Message, Vec<Message>) {
    let records = (0..count).map(|_| record(random, body)).collect();
    (super::scope("app", None), records)
}

fn record(random: &mut Random, body: fn(&mut Random) -> String) -> Message {
    let mut record = Message::default();
    let at = BASE + random.below(SPREAD);
    record.fixed(1, at);
    record.fixed(11, at + OBSERVED_LATER);
    let (number, text) = random.pick(&SEVERITIES);
    record.varint(2, number);
    record.string(3, text);
    let mut value = Message::default();
    value.string(1, &body(random));
    record.message(5, value);
    record.string_attribute(ATTRIBUTES, "log.file.name", "app.log");
    let thread = format!("worker-{}", random.below(32));
    record.string_attribute(ATTRIBUTES, "thread.name", &thread);
    record.int_attribute(ATTRIBUTES, "code.line.number", random.below(2000));
    let email = format!("user{}@example.com", random.below(9999));
    record.string_attribute(ATTRIBUTES, "user.email", &email);
    record.bytes(9, &[]);
    record.bytes(10, &[]);
    record
}

/// One of four formats.
pub(super) fn body(random: &mut Random) -> String {
    let format = random.below(4);
    let (small, large) = (random.below(250), random.below(99_999));
    match format {
        0 => format!(
            r#"{{"level":"info","msg":"request done","took_ms":{small},"user":"u-{large}"}}"#
        ),
        1 => format!(r#"level=warn msg="slow query" took_ms={small} user=u-{large}"#),
        2 => format!(
            r#"10.0.3.{small} - - [23/Nov/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 200 {large}"#
        ),
        _ => format!("panic: index out of range [{small}] with length {large}"),
    }
}

/// An event as a structured logger writes it: maps in maps and a list of maps.
pub(super) fn nested_body(random: &mut Random) -> String {
    let level = random.pick(&LEVELS);
    let method = random.pick(&METHODS);
    let status = random.pick(&[200, 200, 200, 404, 500]);
    let (user, session) = (random.below(99_999), random.next());
    let (took, bytes) = (random.unit() * 250.0, random.below(1 << 20));
    let (first, second) = (random.below(5), random.below(5));
    format!(
        concat!(
            r#"{{"time":"2026-11-23T10:00:00.000Z","level":"{}","#,
            r#""message":"request done","request":{{"method":"{}","#,
            r#""path":"/api/v1/orders/{}","headers":{{"host":"shop.example.com","#,
            r#""user-agent":"curl/8.5.0","x-session":"{:016x}"}},"bytes":{}}},"#,
            r#""response":{{"status":{},"took_ms":{:.3},"cached":{}}},"#,
            r#""user":{{"id":"u-{:05}","roles":["buyer","reviewer"],"plan":{{"name":"pro","seats":{}}}}},"#,
            r#""items":[{{"sku":"a-{}","count":{}}},{{"sku":"b-{}","count":{}}}]}}"#
        ),
        level,
        method,
        user,
        session,
        bytes,
        status,
        took,
        user % 2 == 0,
        user,
        first + 1,
        first,
        second + 1,
        second,
        first + 2,
    )
}

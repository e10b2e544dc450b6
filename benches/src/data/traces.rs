//! Spans of HTTP requests.

use super::random::Random;
use super::wire::Message;
use super::{BASE, SPREAD};

const ROUTES: [&str; 5] = [
    "/api/v1/orders/{id}",
    "/api/v1/payments",
    "/cart",
    "/health",
    "/api/v1/users/{id}/profile",
];
const METHODS: [&str; 6] = ["GET", "GET", "GET", "POST", "PUT", "DELETE"];
const STATUSES: [u64; 11] = [200, 200, 200, 200, 201, 204, 304, 400, 404, 500, 503];
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/140.0 Safari/537.36";
/// Field number of a span's attributes.
const ATTRIBUTES: u32 = 9;
/// A span that takes longer than others takes so many nanoseconds more.
const SLOW: u64 = 3_000_000_000;

pub(super) fn items(random: &mut Random, count: usize) -> (Message, Vec<Message>) {
    let name = "go.opentelemetry.io/contrib/net/http/otelhttp";
    let spans = (0..count).map(|_| span(random)).collect();
    (super::scope(name, Some("0.60.0")), spans)
}

fn span(random: &mut Random) -> Message {
    let mut span = Message::default();
    span.bytes(1, &random.bytes::<16>());
    span.bytes(2, &random.bytes::<8>());
    match random.once_in(4) {
        true => span.bytes(4, &[]),
        false => span.bytes(4, &random.bytes::<8>()),
    }
    let route = random.pick(&ROUTES);
    let method = random.pick(&METHODS);
    let status = random.pick(&STATUSES);
    span.string(5, &format!("{method} {route}"));
    span.varint(6, 1 + random.below(5));
    let start = BASE + random.below(SPREAD);
    let mut took = (random.exponential() * 80e6) as u64;
    if random.once_in(50) {
        took += SLOW;
    }
    span.fixed(7, start);
    span.fixed(8, start + took);
    attributes(&mut span, random, (method, route, status));
    let mut outcome = Message::default();
    if status >= 500 {
        outcome.string(2, "upstream failure");
        outcome.varint(3, 2);
        span.message(11, exception(start + took / 2));
    }
    span.message(15, outcome);
    span
}

fn attributes(span: &mut Message, random: &mut Random, request: (&str, &str, u64)) {
    let (method, route, status) = request;
    span.string_attribute(ATTRIBUTES, "http.request.method", method);
    span.string_attribute(ATTRIBUTES, "http.route", route);
    span.int_attribute(ATTRIBUTES, "http.response.status_code", status);
    let (session, page) = (random.next() >> 1, random.below(20));
    let url = format!("https://shop.example.com{route}?session={session:x}&page={page}");
    span.string_attribute(ATTRIBUTES, "url.full", &url);
    span.string_attribute(ATTRIBUTES, "user_agent.original", AGENT);
    let (net, subnet, host) = (random.below(4), random.below(256), random.below(256));
    let address = format!("10.{net}.{subnet}.{host}");
    span.string_attribute(ATTRIBUTES, "network.peer.address", &address);
    let port = 1024 + random.below(60_000);
    span.int_attribute(ATTRIBUTES, "network.peer.port", port);
    span.string_attribute(ATTRIBUTES, "server.address", "shop.example.com");
    let user = format!("u-{:06}", random.below(500_000));
    span.string_attribute(ATTRIBUTES, "enduser.id", &user);
    let value = random.below(100_000) as f64 / 100.0;
    span.double_attribute(ATTRIBUTES, "app.cart.value", value);
    span.bool_attribute(ATTRIBUTES, "app.cache.hit", random.once_in(2));
    if random.once_in(5) {
        let card = format!("4{:015}", random.below(1_000_000_000_000_000));
        span.string_attribute(ATTRIBUTES, "credit_card", &card);
    }
}

fn exception(at: u64) -> Message {
    let mut event = Message::default();
    event.fixed(1, at);
    event.string(2, "exception");
    event.string_attribute(3, "exception.type", "UpstreamError");
    event.string_attribute(3, "exception.message", "connection reset by peer");
    event
}

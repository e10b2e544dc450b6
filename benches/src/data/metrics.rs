//! Metrics of hosts and servers.

use super::random::Random;
use super::wire::Message;
use super::{BASE, SPREAD};

const NAMES: [&str; 4] = [
    "system.cpu.utilization",
    "system.memory.usage",
    "http.server.request.duration",
    "http.server.active_requests",
];
const BOUNDS: [f64; 7] = [0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];
const POINTS_OF_METRIC: usize = 10;
/// Field number of the attributes of a number data point.
const OF_NUMBER: u32 = 7;
/// Field number of the attributes of a histogram data point.
const OF_HISTOGRAM: u32 = 9;
const CUMULATIVE: u64 = 2;

pub(super) fn items(random: &mut Random, count: usize) -> (Message, Vec<Message>) {
    let mut metrics = Vec::new();
    let mut left = count;
    while left > 0 {
        let points = left.min(POINTS_OF_METRIC);
        left -= points;
        metrics.push(metric(random, points));
    }
    (super::scope("hostmetrics", None), metrics)
}

fn metric(random: &mut Random, points: usize) -> Message {
    let mut metric = Message::default();
    let name = random.pick(&NAMES);
    metric.string(1, name);
    metric.string(3, "1");
    let at = BASE + random.below(SPREAD);
    let mut data = Message::default();
    match name {
        "http.server.request.duration" => {
            (0..points).for_each(|_| data.message(1, histogram_point(random, at)));
            data.varint(2, CUMULATIVE);
            metric.message(9, data);
        }
        "http.server.active_requests" => {
            (0..points).for_each(|_| {
                let mut point = number_point(random, at);
                point.fixed(6, random.below(500));
                data.message(1, point);
            });
            data.varint(2, CUMULATIVE);
            metric.message(7, data);
        }
        _ => {
            (0..points).for_each(|_| {
                let mut point = number_point(random, at);
                point.double(4, random.unit() * 100.0);
                data.message(1, point);
            });
            metric.message(5, data);
        }
    }
    metric
}

fn number_point(random: &mut Random, at: u64) -> Message {
    let mut point = Message::default();
    point.fixed(3, at);
    attributes(&mut point, OF_NUMBER, random);
    point
}

fn histogram_point(random: &mut Random, at: u64) -> Message {
    let mut point = Message::default();
    point.fixed(3, at);
    attributes(&mut point, OF_HISTOGRAM, random);
    let counts: Vec<u64> = (0..=BOUNDS.len()).map(|_| random.below(100)).collect();
    point.fixed(4, counts.iter().sum());
    point.double(5, random.unit() * 100.0);
    let packed: Vec<u8> = counts
        .iter()
        .flat_map(|count| count.to_le_bytes())
        .collect();
    point.bytes(6, &packed);
    let packed: Vec<u8> = BOUNDS
        .iter()
        .flat_map(|bound| bound.to_le_bytes())
        .collect();
    point.bytes(7, &packed);
    point
}

fn attributes(point: &mut Message, number: u32, random: &mut Random) {
    point.string_attribute(number, "cluster", "eu-1");
    let node = format!("node-{:03}", random.below(200));
    point.string_attribute(number, "node", &node);
    point.string_attribute(number, "namespace", "shop");
    let pod = format!("pod-{:06}", random.below(999_999));
    point.string_attribute(number, "pod", &pod);
    let container = format!("{:016x}", random.next() >> 1);
    point.string_attribute(number, "container.id", &container);
    point.int_attribute(number, "cpu", random.below(64));
}

//! Messages to measure with: what a fleet of web services sends, the same bytes for the same request.
//!
//! The shape is that of the traffic which the reference's users have: attributes by semantic
//! conventions, a hundred items to a resource, a few events. Fields stand in the order in which a
//! Collector writes them, or in that of an SDK.

mod logs;
mod metrics;
mod random;
mod traces;
mod wire;

use std::fmt;
use std::str::FromStr;

use ottl::Signal;

use random::Random;
use wire::{Message, Order};

/// Items that share a resource and a scope.
const ITEMS_OF_SCOPE: usize = 100;
/// The time that all items are close to, in nanoseconds since 1970.
const BASE: u64 = 1_790_000_000_000_000_000;
/// The seconds that items are spread over, in nanoseconds.
const SPREAD: u64 = 60_000_000_000;

const SERVICES: [&str; 8] = [
    "checkout",
    "payment",
    "cart",
    "order",
    "frontend",
    "gateway",
    "inventory",
    "shipping",
];
const TENANTS: [&str; 4] = ["A", "B", "C", "D"];
const ENVIRONMENTS: [&str; 3] = ["prod", "prod", "staging"];

/// Which messages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// Spans of HTTP requests as a Collector sends them, some with an exception: 600 bytes each.
    Traces,
    /// The same spans as an SDK sends them, fields in ascending order.
    TracesOfSdk,
    /// Log records with bodies in four formats, one of them flat JSON.
    Logs,
    /// Log records whose bodies are nested JSON of some 500 bytes.
    LogsNested,
    /// Gauges, sums and histograms with ten data points each.
    Metrics,
}

impl Dataset {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Traces,
        Self::TracesOfSdk,
        Self::Logs,
        Self::LogsNested,
        Self::Metrics,
    ];

    /// The name, as it is written on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::TracesOfSdk => "traces-of-sdk",
            Self::Logs => "logs",
            Self::LogsNested => "logs-nested",
            Self::Metrics => "metrics",
        }
    }

    /// The signal of the messages.
    #[must_use]
    pub fn signal(self) -> Signal {
        match self {
            Self::Traces | Self::TracesOfSdk => Signal::Traces,
            Self::Logs | Self::LogsNested => Signal::Logs,
            Self::Metrics => Signal::Metrics,
        }
    }

    /// One message with so many items, as OTLP protobuf. The first items of a longer message are
    /// those of a shorter one.
    #[must_use]
    pub fn message(self, items: usize) -> Vec<u8> {
        let order = match self {
            Self::TracesOfSdk => Order::Ascending,
            _ => Order::Descending,
        };
        let mut random = Random::new(1);
        let mut data = Message::default();
        let mut left = items;
        for number in 0.. {
            if left == 0 {
                break;
            }
            let count = left.min(ITEMS_OF_SCOPE);
            left -= count;
            let resource = resource(&mut random, number);
            let (scope, items) = match self {
                Self::Traces | Self::TracesOfSdk => traces::items(&mut random, count),
                Self::Logs => logs::items(&mut random, count, logs::body),
                Self::LogsNested => logs::items(&mut random, count, logs::nested_body),
                Self::Metrics => metrics::items(&mut random, count),
            };
            let mut of_scope = Message::default();
            of_scope.message(1, scope);
            items.into_iter().for_each(|item| of_scope.message(2, item));
            let mut of_resource = Message::default();
            of_resource.message(1, resource);
            of_resource.message(2, of_scope);
            data.message(1, of_resource);
        }
        data.encode(order)
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dataset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|known| known.name() == name);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|known| known.name()).collect();
            format!("There are no data {name}; there are {}.", names.join(", "))
        })
    }
}

fn resource(random: &mut Random, number: usize) -> Message {
    let service = SERVICES[number % SERVICES.len()];
    let host = random.below(200);
    let (build, pod) = (random.below(1 << 20), random.below(99_999));
    let mut resource = Message::default();
    for (key, value) in [
        ("service.name", service.to_owned()),
        ("service.version", format!("1.{}.0", number % 7)),
        ("env", ENVIRONMENTS[number % ENVIRONMENTS.len()].to_owned()),
        ("tenant", TENANTS[number % TENANTS.len()].to_owned()),
        ("host.name", format!("node-{host:03}")),
        ("k8s.namespace.name", "shop".to_owned()),
        ("k8s.pod.name", format!("{service}-{build:x}-{pod:05}")),
        ("k8s.cluster.name", "eu-1".to_owned()),
    ] {
        resource.string_attribute(1, key, &value);
    }
    resource
}

/// A scope with a name and perhaps a version.
fn scope(name: &str, version: Option<&str>) -> Message {
    let mut scope = Message::default();
    scope.string(1, name);
    if let Some(version) = version {
        scope.string(2, version);
    }
    scope
}

#[cfg(test)]
mod tests {
    use ottl::Batch;

    use super::*;

    #[test]
    fn every_dataset_is_a_message_with_that_many_items() {
        for dataset in Dataset::ALL {
            for items in [0, 1, 99, 100, 1234] {
                let batch = Batch::decode(dataset.signal(), dataset.message(items))
                    .expect("generated messages are well formed");
                assert_eq!(batch.items(), items, "{dataset}");
            }
        }
    }

    #[test]
    fn the_bytes_are_the_same_every_time() {
        for dataset in Dataset::ALL {
            assert_eq!(dataset.message(500), dataset.message(500));
            assert_eq!(dataset.name().parse(), Ok(dataset));
        }
        assert!("spans".parse::<Dataset>().is_err());
    }

    #[test]
    fn orders_of_fields_differ_and_nothing_else_does() {
        let message = |dataset: Dataset| {
            let mut text = Vec::new();
            ottl::json::from_wire(Signal::Traces, &dataset.message(300), &mut text)
                .expect("generated messages are well formed");
            text
        };
        assert_eq!(message(Dataset::Traces), message(Dataset::TracesOfSdk));
        assert_ne!(
            Dataset::Traces.message(300),
            Dataset::TracesOfSdk.message(300)
        );
    }

    #[test]
    fn an_item_has_the_size_that_the_goals_were_set_for() {
        let bytes = |dataset: Dataset| dataset.message(5_000).len() / 5_000;
        assert!((570..640).contains(&bytes(Dataset::Traces)));
        assert!((200..240).contains(&bytes(Dataset::Logs)));
        assert!((170..205).contains(&bytes(Dataset::Metrics)));
    }
}

//! Conversion from and to the structs of the crate `opentelemetry-proto`.
//!
//! A convenience for programs that have such structs anyway. It encodes and decodes the whole
//! message, which costs more than most programs that run over a batch.

use opentelemetry_proto::tonic::logs::v1::LogsData;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;

use crate::{Batch, DecodeError, Signal};

macro_rules! conversions {
    ($($data:ident $signal:ident;)*) => {
        $(
            impl TryFrom<&$data> for Batch {
                type Error = DecodeError;

                /// Fails when values nest deeper than a batch allows.
                fn try_from(data: &$data) -> Result<Self, DecodeError> {
                    Self::decode(Signal::$signal, data.encode_to_vec())
                }
            }

            impl TryFrom<&Batch> for $data {
                type Error = prost::DecodeError;

                /// Fails when the batch is of another signal, or has text that is not UTF-8.
                fn try_from(batch: &Batch) -> Result<Self, prost::DecodeError> {
                    if batch.signal() != Signal::$signal {
                        return Err(prost::DecodeError::new_unexpected_type_url(
                            batch.signal().name(),
                            stringify!($data),
                        ));
                    }
                    Self::decode(batch.encode())
                }
            }
        )*
    };
}

conversions! {
    TracesData Traces;
    LogsData Logs;
    MetricsData Metrics;
}

//! Batches from and to the structs of `opentelemetry-proto`.

use opentelemetry_proto::tonic::logs::v1::LogsData;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use otlp_columns::Batch;
use proptest::prelude::*;

use crate::messages::{Data, data};

proptest! {
    #[test]
    fn structs_become_batches_and_come_back(data in data()) {
        let (batch, back) = match &data {
            Data::Traces(data) => {
                let batch = Batch::try_from(data).expect("not too deep");
                let back = TracesData::try_from(&batch).map(Data::Traces);
                (batch, back)
            }
            Data::Logs(data) => {
                let batch = Batch::try_from(data).expect("not too deep");
                let back = LogsData::try_from(&batch).map(Data::Logs);
                (batch, back)
            }
            Data::Metrics(data) => {
                let batch = Batch::try_from(data).expect("not too deep");
                let back = MetricsData::try_from(&batch).map(Data::Metrics);
                (batch, back)
            }
        };
        prop_assert_eq!(batch.signal(), data.signal());
        prop_assert_eq!(back.expect("the same signal").encode(), data.encode());
        let others = [
            TracesData::try_from(&batch).is_ok(),
            LogsData::try_from(&batch).is_ok(),
            MetricsData::try_from(&batch).is_ok(),
        ];
        prop_assert_eq!(others.iter().filter(|&&is_ok| is_ok).count(), 1);
    }
}

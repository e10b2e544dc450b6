//! Messages made of some of the rows of another.

use std::collections::{BTreeMap, BTreeSet};

use otlp_columns::{Batch, BitSet, Level};
use proptest::prelude::*;

use crate::edits::drop_rows;
use crate::encode::{View, batch, check, style};
use crate::messages::{Data, data};
use crate::rewrite::{Type, rewrite};

/// The rows of `level` that are not in `rows`, and those above of which all rows below are so.
fn left_out(batch: &Batch, level: Level, rows: &BitSet) -> BTreeMap<Level, BTreeSet<usize>> {
    let levels = batch.signal().levels();
    let at = levels.iter().position(|&known| known == level).unwrap_or(0);
    let mut out = BTreeMap::new();
    let mut below: BTreeSet<usize> = (0..batch.rows(level))
        .filter(|&row| !rows.contains(row))
        .collect();
    for index in (0..=at).rev() {
        out.insert(levels[index], below.clone());
        if index > 0 {
            let above = levels[index - 1];
            below = (0..batch.rows(above))
                .filter(|&row| {
                    batch
                        .children(above, row)
                        .all(|child| below.contains(&child))
                })
                .collect();
        }
    }
    out
}

proptest! {
    #[test]
    fn chosen_rows_and_what_contains_them_are_encoded(
        data in data(),
        style in style(),
        deep in any::<bool>(),
        depth in 0..5usize,
        chosen in proptest::collection::btree_set(0..12usize, 0..8),
    ) {
        let view = View { deep, fields: false, maps: [0; 5] };
        let bytes = rewrite(&data.encode(), Type::Top(data.signal()), style);
        let batch = batch(&data, view, bytes);
        let levels = data.signal().levels();
        let level = levels[depth % levels.len()];
        let mut rows = BitSet::new(batch.rows(level));
        chosen.iter().filter(|&&row| row < batch.rows(level)).for_each(|&row| rows.insert(row));
        let mut expected = data.clone();
        drop_rows(&mut expected, &left_out(&batch, level, &rows));
        check(&expected, &batch.encode_rows(level, &rows))?;
    }

    #[test]
    fn two_halves_have_all_items(data in data(), chosen in any::<u64>()) {
        let view = View { deep: false, fields: false, maps: [0; 5] };
        let batch = batch(&data, view, data.encode());
        let level = data.signal().item_level();
        let mut halves = [BitSet::new(batch.items()), BitSet::new(batch.items())];
        for row in 0..batch.items() {
            halves[(chosen >> (row % 64) & 1) as usize].insert(row);
        }
        let items = halves.map(|half| {
            let bytes = batch.encode_rows(level, &half);
            let data = Data::decode(data.signal(), &bytes).expect("a well-formed message");
            self::batch(&data, view, bytes.to_vec()).items()
        });
        prop_assert_eq!(items[0] + items[1], batch.items());
    }
}

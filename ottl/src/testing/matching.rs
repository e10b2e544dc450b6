//! Which failures of a run are those that a test expects.

use std::collections::{BTreeSet, HashMap};

use super::expect::ExpectedError;
use super::subject::Failure;

/// Which failures were expected: as many as can be at once, each by an entry of its own.
///
/// Entries that say the same are one kind. An entry takes the first failure that is free. Where there
/// is none, a path of failures is looked for along which each goes to another kind until a free one is
/// taken. Kinds from which no such path leads are never asked again, since later paths cannot change
/// what they have. Without ambiguity there are no paths, and each kind walks once over the failures that
/// are free; for a path, each kind looks once at each failure.
pub(super) struct Matching<'a> {
    failures: &'a [Failure],
    /// The failures of each item.
    by_item: HashMap<u64, Vec<usize>>,
    kinds: Vec<Kind<'a>>,
    of_words: HashMap<Words<'a>, usize>,
    /// The failures that no entry has taken.
    free: BTreeSet<usize>,
    /// The kind that has a failure.
    holders: Vec<usize>,
}

/// Entries that say the same.
struct Kind<'a> {
    says: &'a ExpectedError,
    /// How many entries have a failure.
    filled: usize,
    /// No free failure before this one is of this kind. Failures never become free again.
    from: usize,
    /// All failures of this kind, once a path has asked for them.
    all: Option<Vec<usize>>,
    /// Whether the path that is looked for came here, or an earlier one that led nowhere.
    is_visited: bool,
}

/// What an entry says.
type Words<'a> = (Option<&'a str>, Option<&'a str>, Option<u64>, Option<u64>);

impl<'a> Matching<'a> {
    pub(super) fn of(list: &'a [ExpectedError], failures: &'a [Failure]) -> Self {
        let mut by_item: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, failure) in failures.iter().enumerate() {
            by_item.entry(failure.item as u64).or_default().push(at);
        }
        let mut matching = Self {
            failures,
            by_item,
            kinds: Vec::new(),
            of_words: HashMap::new(),
            free: (0..failures.len()).collect(),
            holders: vec![usize::MAX; failures.len()],
        };
        // What says most chooses first, so that it seldom has to look for paths.
        let mut sorted: Vec<_> = list.iter().collect();
        sorted.sort_by_key(|expected| std::cmp::Reverse(expected.keys()));
        for expected in sorted {
            matching.add(expected);
        }
        matching
    }

    /// Finds a failure for one more entry, if that is possible.
    fn add(&mut self, expected: &'a ExpectedError) {
        let new = self.kinds.len();
        let kind = *self.of_words.entry(expected.words()).or_insert(new);
        if kind == new {
            self.kinds.push(Kind {
                says: expected,
                filled: 0,
                from: 0,
                all: None,
                is_visited: false,
            });
        }
        if !self.kinds[kind].is_visited && self.fill(kind) {
            self.kinds[kind].filled += 1;
        }
    }

    /// Gives a kind one more failure, so that all others have as many as before.
    fn fill(&mut self, kind: usize) -> bool {
        // The kinds on the way, each with the place in this list of the one that takes a failure from
        // it, and that failure.
        let mut visited = vec![(kind, 0, usize::MAX)];
        self.kinds[kind].is_visited = true;
        let mut next = 0;
        while let Some(&(kind, ..)) = visited.get(next) {
            if let Some(failure) = self.first_free(kind) {
                self.free.remove(&failure);
                self.shift(&visited, next, failure);
                for (kind, ..) in visited {
                    self.kinds[kind].is_visited = false;
                }
                return true;
            }
            let all = self.kinds[kind].all.take();
            let all = all.unwrap_or_else(|| self.all(kind));
            for failure in &all {
                // None of them is free.
                let holder = self.holders[*failure];
                if !self.kinds[holder].is_visited {
                    self.kinds[holder].is_visited = true;
                    visited.push((holder, next, *failure));
                }
            }
            self.kinds[kind].all = Some(all);
            next += 1;
        }
        false
    }

    /// Gives a free failure to the end of a path, and what each on the path has to the one before it.
    fn shift(&mut self, visited: &[(usize, usize, usize)], end: usize, free: usize) {
        let (mut at, mut failure) = (end, free);
        loop {
            let (kind, before, taken) = visited[at];
            self.holders[failure] = kind;
            if at == 0 {
                return;
            }
            (at, failure) = (before, taken);
        }
    }

    /// The first free failure of a kind.
    fn first_free(&mut self, kind: usize) -> Option<usize> {
        let Kind { says, from, .. } = self.kinds[kind];
        let is_it = |at: &usize| says.is(&self.failures[*at]);
        let found = match says.item {
            None => self.free.range(from..).copied().find(is_it),
            Some(item) => {
                let of_item = self.by_item.get(&item).map_or(&[][..], Vec::as_slice);
                let of_item = &of_item[of_item.partition_point(|at| *at < from)..];
                let mut free = of_item.iter().filter(|at| self.free.contains(at));
                free.find(|at| is_it(at)).copied()
            }
        };
        self.kinds[kind].from = found.unwrap_or(self.failures.len());
        found
    }

    /// All failures of a kind.
    fn all(&self, kind: usize) -> Vec<usize> {
        let says = self.kinds[kind].says;
        let is_it = |at: &usize| says.is(&self.failures[*at]);
        match says.item {
            None => (0..self.failures.len()).filter(is_it).collect(),
            Some(item) => {
                let of_item = self.by_item.get(&item).into_iter().flatten().copied();
                of_item.filter(is_it).collect()
            }
        }
    }

    /// The entries without a failure, in the order of the list.
    pub(super) fn missing(&self, list: &'a [ExpectedError]) -> Vec<&'a ExpectedError> {
        let mut filled: Vec<_> = self.kinds.iter().map(|kind| kind.filled).collect();
        let is_missing = |expected: &&ExpectedError| {
            let left = &mut filled[self.of_words[&expected.words()]];
            let is_missing = *left == 0;
            *left = left.saturating_sub(1);
            is_missing
        };
        list.iter().filter(is_missing).collect()
    }

    /// The failures without an entry.
    pub(super) fn left(&self) -> impl Iterator<Item = &'a Failure> {
        let failures = self.failures;
        self.free.iter().map(|at| &failures[*at])
    }
}

impl ExpectedError {
    /// How many things it says.
    fn keys(&self) -> usize {
        let texts = usize::from(self.message.is_some()) + usize::from(self.statement.is_some());
        texts + usize::from(self.number.is_some()) + usize::from(self.item.is_some())
    }

    /// All that it says, without its place.
    fn words(&self) -> Words<'_> {
        let Self {
            message,
            statement,
            number,
            item,
            ..
        } = self;
        (message.as_deref(), statement.as_deref(), *number, *item)
    }

    fn is(&self, failure: &Failure) -> bool {
        let is_in = |part: &Option<String>, text: &str| {
            part.as_ref()
                .is_none_or(|part| text.contains(part.as_str()))
        };
        is_in(&self.message, &failure.message)
            && is_in(&self.statement, &failure.statement)
            && self
                .number
                .is_none_or(|number| number == failure.number as u64)
            && self.item.is_none_or(|item| item == failure.item as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Failures on items from 0 on.
    fn failures(messages: &[&str]) -> Vec<Failure> {
        let failure = |(item, message): (usize, &&str)| Failure {
            number: 1,
            line: 1,
            statement: String::new(),
            item,
            message: (*message).to_owned(),
        };
        messages.iter().enumerate().map(failure).collect()
    }

    fn with(message: &str) -> ExpectedError {
        ExpectedError {
            message: Some(message.to_owned()),
            ..ExpectedError::default()
        }
    }

    fn on(item: u64) -> ExpectedError {
        ExpectedError {
            item: Some(item),
            ..ExpectedError::default()
        }
    }

    /// How many entries and failures are left over.
    fn over(list: &[ExpectedError], messages: &[&str]) -> (usize, usize) {
        let failures = failures(messages);
        let matching = Matching::of(list, &failures);
        let mut filled = vec![0; matching.kinds.len()];
        for (at, failure) in failures.iter().enumerate() {
            if !matching.free.contains(&at) {
                let kind = matching.holders[at];
                assert!(matching.kinds[kind].says.is(failure), "{list:?}");
                filled[kind] += 1;
            }
        }
        let told: Vec<_> = matching.kinds.iter().map(|kind| kind.filled).collect();
        assert_eq!(filled, told, "{list:?}");
        (matching.missing(list).len(), matching.left().count())
    }

    /// The same, found by trying everything.
    fn least_over(list: &[ExpectedError], failures: &[Failure], taken: u32) -> usize {
        let Some((first, rest)) = list.split_first() else {
            return 0;
        };
        let without = 1 + least_over(rest, failures, taken);
        let fits = |at: &usize| taken & (1 << at) == 0 && first.is(&failures[*at]);
        let with = (0..failures.len())
            .filter(fits)
            .map(|at| least_over(rest, failures, taken | (1 << at)));
        with.fold(without, usize::min)
    }

    #[test]
    fn as_many_failures_as_possible_are_expected() {
        // Each combination of five entries over four failures.
        let messages = ["a", "ab", "bc", "c"];
        let told = failures(&messages);
        let entries = [with("a"), with("b"), with("c"), on(0), on(1), on(2), on(9)];
        for mut number in 0..7_usize.pow(5) {
            let mut list = Vec::new();
            for _ in 0..5 {
                list.push(entries[number % 7].clone());
                number /= 7;
            }
            let missing = least_over(&list, &told, 0);
            assert_eq!(over(&list, &messages), (missing, missing - 1), "{list:?}");
        }
    }

    #[test]
    fn long_lists_are_matched() {
        const MANY: usize = 2_000;
        let messages = vec!["JSON"; MANY];
        // The texts take the first failures, which the items then have to get back.
        let texts = std::iter::repeat_n(with("JSON"), MANY / 2);
        let items = (0..MANY / 2).map(|item| on(item as u64));
        let list: Vec<_> = texts.chain(items).collect();
        assert_eq!(over(&list, &messages), (0, 0));
        // Each entry fits two failures and takes the first, until the last entry fits only the first
        // of all, so that each has to go one on.
        let messages: Vec<_> = (1..=MANY).map(|at| format!("<{at}><{}>", at + 1)).collect();
        let messages: Vec<_> = messages.iter().map(String::as_str).collect();
        let mut list: Vec<_> = (2..=MANY).map(|at| with(&format!("<{at}>"))).collect();
        list.push(with("<1>"));
        assert_eq!(over(&list, &messages), (0, 0));
        list.push(with("<1>"));
        assert_eq!(over(&list, &messages), (1, 0));
    }
}

//! Work on a stream of messages by several threads, with as many in memory as have room.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::Failure;

/// How the work is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Threads that work. One is the thread that reads and writes.
    pub(super) threads: NonZeroUsize,
    /// Whether results come in the order of what they were made from.
    pub(super) in_order: bool,
    /// The bytes from which on nothing more is taken in before something is done.
    pub(super) room: usize,
}

/// What takes memory while it waits, in bytes.
pub(super) trait Weight {
    fn weight(&self) -> usize;
}

/// Does `work` on everything that `next` gives, and gives the results to `done`.
///
/// What fails first ends it: behind a failure of `next` what was taken in before is done still. With
/// several threads there are at most twice as many of the inputs in memory.
///
/// # Errors
/// The first failure of `next` or `done`.
pub(super) fn run<T: Weight + Send, R: Send>(
    plan: Plan,
    mut next: impl FnMut() -> Result<Option<T>, Failure>,
    work: impl Fn(T) -> R + Sync,
    mut done: impl FnMut(R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if plan.threads.get() == 1 {
        while let Some(input) = next()? {
            done(work(input))?;
        }
        return Ok(());
    }
    let threads = plan.threads.get();
    let (jobs, queue) = sync_channel(2 * threads);
    let (sender, results) = channel();
    let queue = Mutex::new(queue);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (queue, work, is_over) = (&queue, &work, &is_over);
            scope.spawn(move || help(queue, &sender, work, is_over));
        }
        drop(sender);
        let line = Line {
            plan,
            jobs,
            results,
            weights: BTreeMap::new(),
            taken: 0,
            given: 0,
            early: BTreeMap::new(),
        };
        // With the line its end of the queue goes, so that threads that wait go home.
        let _end = End(&is_over);
        line.run(&mut next, &mut done)
    })
}

/// Has what still lies in the queue left alone, also behind a panic.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What became of an input, and which one it was.
type Worked<R> = (u64, Result<R, Box<dyn Any + Send>>);

/// Works until nothing more can come.
fn help<T, R>(
    queue: &Mutex<Receiver<(u64, T)>>,
    results: &Sender<Worked<R>>,
    work: &impl Fn(T) -> R,
    is_over: &AtomicBool,
) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, input)) = job else {
            return;
        };
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        // Whoever waits for the result would wait for ever if a panic ended this thread.
        let result = catch_unwind(AssertUnwindSafe(|| work(input)));
        if results.send((number, result)).is_err() {
            return;
        }
    }
}

/// The inputs on their way from `next` to `done`.
struct Line<T, R> {
    plan: Plan,
    jobs: SyncSender<(u64, T)>,
    results: Receiver<Worked<R>>,
    /// The bytes of what was taken in and is not done.
    weights: BTreeMap<u64, usize>,
    /// How many were taken in, and of how many in a row the results were given on.
    taken: u64,
    given: u64,
    /// Results that came before those they stand behind.
    early: BTreeMap<u64, R>,
}

impl<T: Weight + Send, R: Send> Line<T, R> {
    fn run(
        mut self,
        next: &mut impl FnMut() -> Result<Option<T>, Failure>,
        done: &mut impl FnMut(R) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut end = None;
        loop {
            while end.is_none() && self.has_room() {
                match next() {
                    Ok(Some(input)) => self.take(input),
                    Ok(None) => end = Some(Ok(())),
                    Err(failure) => end = Some(Err(failure)),
                }
            }
            if self.weights.is_empty() {
                return end.unwrap_or(Ok(()));
            }
            self.give(done)?;
        }
    }

    fn has_room(&self) -> bool {
        let most = 2 * self.plan.threads.get();
        let bytes: usize = self.weights.values().sum();
        self.weights.is_empty() || self.weights.len() < most && bytes < self.plan.room
    }

    fn take(&mut self, input: T) {
        self.weights.insert(self.taken, input.weight());
        // There is room in the queue for as many as may be taken in.
        let sent = self.jobs.send((self.taken, input));
        assert!(sent.is_ok(), "threads live as long as the queue");
        self.taken += 1;
    }

    /// Waits for a result, and gives on what can be given on then.
    fn give(&mut self, done: &mut impl FnMut(R) -> Result<(), Failure>) -> Result<(), Failure> {
        let received = self.results.recv();
        let (number, result) = received.expect("threads live as long as the queue");
        let result = result.unwrap_or_else(|panic| resume_unwind(panic));
        if !self.plan.in_order {
            self.weights.remove(&number);
            return done(result);
        }
        self.early.insert(number, result);
        while let Some(result) = self.early.remove(&self.given) {
            self.weights.remove(&self.given);
            self.given += 1;
            done(result)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::error::Error;

    impl Weight for u64 {
        fn weight(&self) -> usize {
            1
        }
    }

    fn plan(threads: usize, in_order: bool, room: usize) -> Plan {
        Plan {
            threads: NonZeroUsize::new(threads).expect("there is one"),
            in_order,
            room,
        }
    }

    /// Gives the numbers below `count`.
    fn numbers(count: u64) -> impl FnMut() -> Result<Option<u64>, Failure> {
        let mut numbers = 0..count;
        move || Ok(numbers.next())
    }

    fn failure() -> Failure {
        Error::new("It failed.").into()
    }

    #[test]
    fn all_is_done_and_in_order_where_that_is_wanted() {
        for threads in [1, 2, 3, 8] {
            for room in [1, 3, usize::MAX] {
                for in_order in [true, false] {
                    let mut all = Vec::new();
                    let done = |number| {
                        all.push(number);
                        Ok(())
                    };
                    let plan = plan(threads, in_order, room);
                    run(plan, numbers(100), |number| 2 * number, done).expect("nothing fails");
                    if !in_order {
                        all.sort_unstable();
                    }
                    assert!(all.into_iter().eq((0..100).map(|number| 2 * number)));
                }
            }
        }
    }

    #[test]
    fn a_late_result_holds_back_those_behind_it() {
        // The first waits until the second was worked on.
        let barrier = Barrier::new(2);
        let work = |number: u64| {
            if number < 2 {
                barrier.wait();
            }
            number
        };
        let mut all = Vec::new();
        let done = |number| {
            all.push(number);
            Ok(())
        };
        run(plan(2, true, usize::MAX), numbers(50), work, done).expect("nothing fails");
        assert!(all.into_iter().eq(0..50));
    }

    #[test]
    fn what_fails_ends_it_behind_what_came_before() {
        for threads in [1, 4] {
            let plan = plan(threads, true, usize::MAX);
            let mut count = 0;
            let mut numbers = numbers(u64::MAX);
            let next = || match numbers()? {
                Some(20) => Err(failure()),
                other => Ok(other),
            };
            let all = |_| {
                count += 1;
                Ok(())
            };
            assert!(run(plan, next, |number| number, all).is_err());
            assert_eq!(count, 20);
            let mut last = 0;
            let done = |number| {
                last = number;
                if number == 7 { Err(failure()) } else { Ok(()) }
            };
            assert!(run(plan, self::numbers(u64::MAX), |number| number, done).is_err());
            assert_eq!(last, 7);
        }
    }

    #[test]
    #[should_panic(expected = "it is 13")]
    fn a_panic_is_not_waited_for() {
        let work = |number: u64| assert!(number != 13, "it is {number}");
        let result = run(plan(3, true, usize::MAX), numbers(100), work, |()| Ok(()));
        assert!(result.is_ok());
    }

    #[test]
    fn there_are_only_so_many_in_memory() {
        let taken = std::cell::Cell::new(0);
        let given = std::cell::Cell::new(0);
        for (room, most) in [(usize::MAX, 4), (3, 3), (0, 1)] {
            let mut numbers = numbers(40);
            let next = || {
                assert!(taken.get() - given.get() < most);
                taken.set(taken.get() + 1);
                numbers()
            };
            let done = |_| {
                given.set(given.get() + 1);
                Ok(())
            };
            run(plan(2, true, room), next, |number| number, done).expect("nothing fails");
            taken.set(0);
            given.set(0);
        }
    }
}

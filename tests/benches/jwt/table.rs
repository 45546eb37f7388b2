//! The harness: works of one group take turns, so that a busy machine is as unkind to each; the quickest turn of each counts.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One thing to measure.
pub(crate) struct Work<'w> {
    name: String,
    run: Box<dyn FnMut() + 'w>,
    reference: bool,
    against: usize,
    goal: Option<f64>,
    nanoseconds: Option<f64>,
    more: Option<f64>,
}

impl<'w> Work<'w> {
    pub(crate) fn new<R>(name: impl Into<String>, mut run: impl FnMut() -> R + 'w) -> Self {
        Self {
            name: name.into(),
            run: Box::new(move || drop(black_box(run()))),
            reference: false,
            against: 0,
            goal: None,
            nanoseconds: None,
            more: None,
        }
    }

    /// Something that others are compared with, and itself with nothing.
    pub(crate) fn reference(mut self) -> Self {
        self.reference = true;
        self
    }

    /// Compares with this work of the group instead of the first.
    pub(crate) fn against(mut self, index: usize) -> Self {
        self.against = index;
        self
    }

    /// At most so many times the time of what it is compared with.
    pub(crate) fn goal(mut self, ratio: f64) -> Self {
        self.goal = Some(ratio);
        self
    }

    pub(crate) fn maybe_goal(self, ratio: Option<f64>) -> Self {
        Self { goal: ratio, ..self }
    }

    /// At most so many nanoseconds.
    pub(crate) fn nanoseconds(mut self, nanoseconds: f64) -> Self {
        self.nanoseconds = Some(nanoseconds);
        self
    }

    /// At most so many nanoseconds more than what it is compared with.
    pub(crate) fn at_most_more(mut self, nanoseconds: f64) -> Self {
        self.more = Some(nanoseconds);
        self
    }
}

/// What is measured, and how.
pub(crate) struct Table {
    only: Option<String>,
    times: Option<usize>,
    turns: usize,
}

impl Table {
    /// `--only TEXT`: works whose group or name contains it. `--times N`: run each so often and measure nothing (for callgrind). `--turns N`.
    pub(crate) fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1).cloned()
        };
        Self {
            only: value("--only"),
            times: value("--times").map(|times| times.parse().unwrap()),
            turns: value("--turns").map_or(40, |turns| turns.parse().unwrap()),
        }
    }

    /// Whether anything of a group of this name may be wanted: for groups that cost much to set up.
    pub(crate) fn wants(&self, group: &str) -> bool {
        self.only.as_ref().is_none_or(|only| group.contains(only.as_str()) || only.contains(group))
    }

    /// Runs one group and prints its rows.
    pub(crate) fn run(&self, group: &str, mut works: Vec<Work<'_>>) {
        let wanted = |work: &Work<'_>| {
            self.only.as_ref().is_none_or(|only| group.contains(only.as_str()) || work.name.contains(only.as_str()))
        };
        if !works.iter().any(wanted) {
            return;
        }
        if let Some(times) = self.times {
            for work in works.iter_mut().filter(|work| wanted(work)) {
                for _ in 0..times {
                    (work.run)();
                }
            }
            return;
        }
        let batches: Vec<u32> = works.iter_mut().map(|work| batch(&mut work.run)).collect();
        let mut best = vec![f64::INFINITY; works.len()];
        for _ in 0..self.turns {
            for ((work, &batch), best) in works.iter_mut().zip(&batches).zip(&mut best) {
                *best = best.min(time(&mut work.run, batch));
            }
        }
        println!("\n{group}\n{:<46} {:>12} {:>8} {:>8} {:>8}", "", "ns", "ratio", "goal", "allocs");
        for (work, &nanoseconds) in works.iter_mut().zip(&best) {
            let ratio = if work.reference { 1.0 } else { nanoseconds / best[work.against] };
            let limit = work.goal.unwrap_or(f64::INFINITY);
            let more = nanoseconds - best[work.against];
            let missed = ratio > limit
                || work.nanoseconds.is_some_and(|limit| nanoseconds > limit)
                || work.more.is_some_and(|limit| more > limit);
            let goal = match (work.goal, work.nanoseconds, work.more) {
                (Some(goal), _, _) => format!("{goal:.2}"),
                (None, Some(goal), _) => format!("{goal:.0} ns"),
                (None, None, Some(goal)) => format!("+{goal:.0} ns"),
                (None, None, None) => String::new(),
            };
            let allocations = allocation_counter::measure(&mut work.run).count_total;
            let mark = if missed { "  missed" } else { "" };
            println!("{:<46} {nanoseconds:>12.0} {ratio:>8.3} {goal:>8} {allocations:>8}{mark}", work.name);
        }
    }
}

/// How many runs take about a millisecond.
fn batch(run: &mut dyn FnMut()) -> u32 {
    let mut batch = 1;
    loop {
        let started = Instant::now();
        for _ in 0..batch {
            run();
        }
        if started.elapsed() > Duration::from_millis(1) || batch > 1 << 20 {
            return batch;
        }
        batch *= 2;
    }
}

/// Nanoseconds for a run. Without the count of allocations, which costs about as much as they do.
fn time(run: &mut dyn FnMut(), batch: u32) -> f64 {
    let mut took = Duration::ZERO;
    allocation_counter::opt_out(|| {
        let started = Instant::now();
        for _ in 0..batch {
            run();
        }
        took = started.elapsed();
    });
    took.as_secs_f64() * 1e9 / f64::from(batch)
}

//! Times, and what is said of them.

use std::time::Duration;

/// Milliseconds of the same thing, done many times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1_000.0);
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest time that so many percent of all are not above (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}

/// A number of things, for a table.
#[expect(clippy::cast_precision_loss, reason = "nothing here is counted to 2^52")]
pub(crate) fn count(things: usize) -> f64 {
    things as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let mut samples = Samples::default();
        (1..=20).rev().for_each(|n| samples.add(Duration::from_millis(n)));
        let close = |percent, expected: f64| (samples.percentile(percent) - expected).abs() < 1e-9;
        assert!(close(50, 10.0) && close(95, 19.0) && close(99, 20.0) && close(0, 1.0));
    }
}

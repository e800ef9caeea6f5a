//! How long to wait after a failure.

use shared::clock::Millis;

use crate::env::Env;

/// Pauses that grow with the failures in a row.
///
/// Full jitter on an exponential pause (Brooker, 2015, "Exponential Backoff and Jitter"), never below half of it: the
/// pause grows whatever the dice say.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Millis,
    longest: Millis,
    failures: u32,
}

impl Backoff {
    /// `first` and `longest` are the first and the longest pause, before jitter.
    pub fn new(first: Millis, longest: Millis) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// Something has failed once more: the pause to make now.
    pub fn pause(&mut self, env: &mut impl Env) -> Millis {
        let exponent = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        let longest = self.first.saturating_mul(1 << exponent).min(self.longest);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "milliseconds of minutes at most"
        )]
        let jittered = (longest as f64 * (0.5 + env.random() / 2.0)) as Millis;
        jittered
    }

    /// It works again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Dice(f64);

    impl Env for Dice {
        fn now(&mut self) -> Millis {
            0
        }

        fn new_id(&mut self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }

        fn random(&mut self) -> f64 {
            self.0
        }
    }

    #[test]
    fn pauses_grow_to_the_longest_and_begin_anew() {
        let mut backoff = Backoff::new(500, 30_000);
        let mut pauses = |dice| (0..9).map(|_| backoff.pause(&mut Dice(dice))).collect::<Vec<_>>();
        assert_eq!(pauses(0.0), [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
        assert!(pauses(0.99).iter().all(|pause| (29_000..30_000).contains(pause)));
        backoff.reset();
        assert_eq!(backoff.pause(&mut Dice(0.5)), 375);
    }
}

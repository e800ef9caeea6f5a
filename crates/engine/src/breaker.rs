//! A circuit breaker between this device and the server (Nygard, "Release It!", 2007).
//!
//! *Closed*, requests go as they come; a failure is followed by a pause in which nothing is asked. After some failures in a
//! row it *opens*: then each pause ends with one probe, the smallest request there is, and not with everything that
//! waits. What the member does meanwhile is saved and starts no attempt. The first answer closes it.

use shared::clock::Millis;

use crate::backoff::Backoff;
use crate::env::Env;

/// The first pause after a failure.
const FIRST_PAUSE: Millis = 500;
/// The longest pause after failures, before jitter.
const LONGEST_PAUSE: Millis = 30_000;
/// The longest pause that a server can ask for.
const LONGEST_ASKED: Millis = 600_000;
/// Failures in a row that open it.
const OPENS_AFTER: u32 = 5;

/// Whether something may be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Whatever there is to say.
    Free,
    /// One small request, to see whether the server answers.
    Probe,
    /// Nothing before this time.
    Not(Millis),
}

/// See the module. Lives in memory: after a restart it is closed.
#[derive(Clone, Debug)]
pub struct Breaker {
    backoff: Backoff,
    /// In a row.
    failures: u32,
    pause: Option<Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    until: Millis,
    length: Millis,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE), failures: 0, pause: None }
    }
}

impl Breaker {
    /// What may be asked.
    pub fn admits(&self, now: Millis) -> Admission {
        // A clock that jumped back must not make the pause longer than it was meant to be.
        match self.pause.filter(|pause| pause.until > now && pause.until - now <= pause.length) {
            Some(pause) => Admission::Not(pause.until),
            None if self.failures >= OPENS_AFTER => Admission::Probe,
            None => Admission::Free,
        }
    }

    /// The server did not answer, or could not work: a pause follows, as long as the server has asked for (in seconds)
    /// or the failures so far say, whichever is longer.
    pub fn failed(&mut self, asked: Option<u32>, env: &mut impl Env) {
        self.failures = self.failures.saturating_add(1);
        let asked = asked.map_or(0, |seconds| Millis::from(seconds).saturating_mul(1_000).min(LONGEST_ASKED));
        let length = self.backoff.pause(env).max(asked);
        self.pause = Some(Pause { until: env.now() + length, length });
    }

    /// The server has answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Somebody asks for an attempt, or the network is back: no pause any more. An open breaker still sends a probe
    /// first.
    pub fn retry(&mut self) {
        self.backoff.reset();
        self.pause = None;
    }

    /// When the pause ends.
    pub fn until(&self) -> Option<Millis> {
        self.pause.map(|pause| pause.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that stands, and dice that always say the longest.
    struct At(Millis);

    impl Env for At {
        fn now(&mut self) -> Millis {
            self.0
        }

        fn new_id(&mut self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }

        fn random(&mut self) -> f64 {
            1.0
        }
    }

    /// Fails at the end of every pause.
    fn after(failures: u32) -> (Breaker, Millis) {
        let (mut breaker, mut now) = (Breaker::default(), 1_000_000);
        for _ in 0..failures {
            breaker.failed(None, &mut At(now));
            now = breaker.until().unwrap_or(now);
        }
        (breaker, now)
    }

    #[test]
    fn it_opens_after_some_failures_and_closes_with_the_first_answer() {
        for failures in 0..OPENS_AFTER {
            let (breaker, now) = after(failures);
            assert_eq!(breaker.admits(now), Admission::Free, "{failures} failures");
        }
        let (mut breaker, now) = after(OPENS_AFTER);
        assert_eq!(breaker.admits(now - 1), Admission::Not(now));
        assert_eq!(breaker.admits(now), Admission::Probe);
        breaker.failed(None, &mut At(now));
        assert!(matches!(breaker.admits(now), Admission::Not(_)), "one probe to a pause");
        breaker.succeeded();
        assert_eq!((breaker.admits(now), breaker.until()), (Admission::Free, None));
        breaker.failed(None, &mut At(now));
        assert_eq!(breaker.until(), Some(now + FIRST_PAUSE), "and everything begins anew");
    }

    #[test]
    fn who_asks_gets_a_probe_at_once() {
        let (mut breaker, now) = after(OPENS_AFTER + 3);
        breaker.failed(Some(60), &mut At(now));
        breaker.retry();
        assert_eq!(breaker.admits(now), Admission::Probe);
        let (mut closed, now) = after(1);
        closed.failed(None, &mut At(now));
        closed.retry();
        assert_eq!(closed.admits(now), Admission::Free);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it() {
        let pause = |asked| {
            let mut breaker = Breaker::default();
            breaker.failed(Some(asked), &mut At(0));
            breaker.until()
        };
        assert_eq!([pause(0), pause(45), pause(u32::MAX)], [Some(FIRST_PAUSE), Some(45_000), Some(LONGEST_ASKED)]);
    }

    #[test]
    fn a_clock_that_jumps_back_makes_no_pause_longer() {
        let mut breaker = Breaker::default();
        breaker.failed(Some(60), &mut At(1_000_000));
        assert_eq!(breaker.admits(1_030_000), Admission::Not(1_060_000));
        assert_eq!(breaker.admits(0), Admission::Free);
    }
}

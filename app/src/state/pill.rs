//! When the sync pill changes what it shows. A quick save must not flicker: a state of being busy is shown only after
//! it has lasted, and the text, which a screen reader reads out, changes at most once in two seconds.

use engine::status::{Pill, SyncStatus};
use leptos::prelude::*;
use shared::clock::Millis;

use crate::{dates, dom};

/// How long a busy state must last to be shown.
const PATIENCE: Millis = 600;
/// How long a text stands at least.
const STANDING: Millis = 2_000;

/// What the pill shows; nothing until the first news.
pub(crate) fn shown_pill(status: RwSignal<Option<SyncStatus>>) -> ReadSignal<Option<Pill>> {
    let clock = PillClock { status, shown: RwSignal::new(None), times: StoredValue::new(Times::default()) };
    Effect::new(move || {
        status.track();
        clock.tick();
    });
    clock.shown.read_only()
}

#[derive(Clone, Copy)]
struct PillClock {
    status: RwSignal<Option<SyncStatus>>,
    shown: RwSignal<Option<Pill>>,
    times: StoredValue<Times>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// When the shown text was changed last.
    changed: Option<Millis>,
    /// Since when there is something to do that is not shown.
    busy: Option<Millis>,
    /// Tells the timer that counts from those that do not any more.
    timer: u32,
}

impl PillClock {
    fn tick(self) {
        let Some(target) = self.status.with_untracked(|status| status.as_ref().map(SyncStatus::pill)) else { return };
        let shown = self.shown.get_untracked();
        let now = dates::now();
        let mut times = self.times.get_value();
        times.timer += 1;
        times.busy = if is_busy(target) { times.busy.or(Some(now)) } else { None };
        if Some(target) != shown {
            let wait = wait(shown, target, times, now);
            if wait == 0 {
                times.changed = Some(now);
                self.shown.set(Some(target));
            } else {
                let this_one = times.timer;
                dom::after(wait, move || {
                    if self.times.try_with_value(|times| times.timer) == Some(this_one) {
                        self.tick();
                    }
                });
            }
        }
        self.times.set_value(times);
    }
}

fn is_busy(pill: Pill) -> bool {
    matches!(pill, Pill::Saving | Pill::Waiting { .. } | Pill::Syncing(_))
}

/// Milliseconds until `target` may be shown.
fn wait(shown: Option<Pill>, target: Pill, times: Times, now: Millis) -> u64 {
    let patience = match times.busy {
        Some(since) if is_busy(target) && !shown.is_some_and(is_busy) => PATIENCE - (now - since),
        _ => 0,
    };
    let standing = times.changed.map_or(0, |changed| STANDING - (now - changed));
    u64::try_from(patience.max(standing)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYNCED: Option<Pill> = Some(Pill::Synced);
    const WAITING: Pill = Pill::Waiting { count: 1 };

    #[test]
    fn a_quick_save_does_not_flicker() {
        let times = Times { busy: Some(10_000), ..Times::default() };
        assert_eq!(wait(SYNCED, Pill::Saving, times, 10_000), 600);
        assert_eq!(wait(SYNCED, WAITING, times, 10_450), 150, "the whole of being busy counts");
        assert_eq!(wait(SYNCED, WAITING, times, 10_700), 0);
        assert_eq!(wait(Some(Pill::Saving), WAITING, times, 10_001), 0);
        assert_eq!(wait(SYNCED, Pill::Offline { waiting: 0 }, times, 10_000), 0);
        assert_eq!(wait(None, Pill::Synced, Times::default(), 10_000), 0);
    }

    #[test]
    fn a_text_stands_for_two_seconds() {
        let times = Times { changed: Some(10_000), ..Times::default() };
        assert_eq!(wait(Some(WAITING), Pill::Synced, times, 10_500), 1_500);
        assert_eq!(wait(Some(WAITING), Pill::Synced, times, 12_000), 0);
    }
}

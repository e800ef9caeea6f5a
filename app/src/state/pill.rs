//! When the sync pill changes what it shows.
//!
//! It never flatters: that something waits is shown at once, so "Synced" is never on the screen while it does. It does
//! not flicker either: being busy is shown only after it has lasted, and good news may come a moment late.

use engine::status::{Pill, SyncStatus};
use leptos::prelude::*;
use shared::clock::Millis;

use crate::{dates, dom};

/// How long being busy must last to be shown, and how long what was shown of it stands.
const PATIENCE: Millis = 600;

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
        let Some(status) = self.status.get_untracked() else { return };
        let now = dates::now();
        let mut times = self.times.get_value();
        times.timer += 1;
        times.busy = if is_busy(status.pill()) { times.busy.or(Some(now)) } else { None };
        let shown = self.shown.get_untracked();
        let (target, wait) = next(shown, &status, times, now);
        if Some(target) != shown {
            times.changed = Some(now);
            self.shown.set(Some(target));
        }
        if let Some(wait) = wait {
            let this_one = times.timer;
            dom::after(wait, move || {
                if self.times.try_with_value(|times| times.timer) == Some(this_one) {
                    self.tick();
                }
            });
        }
        self.times.set_value(times);
    }
}

fn is_busy(pill: Pill) -> bool {
    matches!(pill, Pill::Saving | Pill::Syncing(_))
}

/// What to show now, and in how many milliseconds to look again.
fn next(shown: Option<Pill>, status: &SyncStatus, times: Times, now: Millis) -> (Pill, Option<u64>) {
    let target = status.pill();
    let (Some(shown), true) = (shown, Some(target) != shown) else { return (target, None) };
    let left = |since: Option<Millis>| {
        let left = PATIENCE - (now - since.unwrap_or(now));
        u64::try_from(left).ok().filter(|left| *left > 0)
    };
    match target {
        Pill::Saving | Pill::Syncing(_) if !is_busy(shown) => match left(times.busy) {
            Some(wait) if status.waiting > 0 => (Pill::Waiting { count: status.waiting }, Some(wait)),
            Some(wait) => (shown, Some(wait)),
            None => (target, None),
        },
        Pill::Synced if is_busy(shown) || matches!(shown, Pill::Waiting { .. }) => match left(times.changed) {
            Some(wait) => (shown, Some(wait)),
            None => (target, None),
        },
        _ => (target, None),
    }
}

#[cfg(test)]
mod tests {
    use engine::status::Progress;

    use super::*;

    const SYNCED: Option<Pill> = Some(Pill::Synced);
    const WAITING: Pill = Pill::Waiting { count: 1 };

    fn healthy() -> SyncStatus {
        SyncStatus { online: true, verified: true, ..SyncStatus::default() }
    }

    fn syncing() -> SyncStatus {
        SyncStatus { waiting: 1, progress: Some(Progress { done: 0, total: 1 }), ..healthy() }
    }

    #[test]
    fn what_waits_is_never_shown_as_synced() {
        let times = Times { busy: Some(10_000), changed: Some(9_999), timer: 0 };
        assert_eq!(next(SYNCED, &syncing(), times, 10_000), (WAITING, Some(600)));
        let waiting = SyncStatus { waiting: 1, ..healthy() };
        assert_eq!(next(SYNCED, &waiting, times, 10_000), (WAITING, None));
    }

    #[test]
    fn being_busy_is_shown_once_it_has_lasted() {
        let times = Times { busy: Some(10_000), ..Times::default() };
        let saving = SyncStatus { saving: true, ..healthy() };
        assert_eq!(next(SYNCED, &saving, times, 10_450), (Pill::Synced, Some(150)));
        assert_eq!(next(SYNCED, &saving, times, 10_600), (Pill::Saving, None));
        let progress = Pill::Syncing(Progress { done: 0, total: 1 });
        assert_eq!(next(Some(WAITING), &syncing(), times, 10_600), (progress, None));
    }

    #[test]
    fn good_news_does_not_flicker_and_bad_news_does_not_wait() {
        let times = Times { changed: Some(10_000), ..Times::default() };
        assert_eq!(next(Some(WAITING), &healthy(), times, 10_050), (WAITING, Some(550)));
        assert_eq!(next(Some(WAITING), &healthy(), times, 10_600), (Pill::Synced, None));
        let offline = SyncStatus { online: false, ..healthy() };
        assert_eq!(next(Some(WAITING), &offline, times, 10_001), (Pill::Offline { waiting: 0 }, None));
        assert_eq!(next(None, &healthy(), Times::default(), 10_000), (Pill::Synced, None));
    }
}

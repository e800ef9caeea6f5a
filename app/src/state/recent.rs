//! What the member used lately, on this device: the names of tasks and actions, the last one first.

use shared::ids::TaskId;

use crate::dom;
use crate::state::actions::{ACTIONS, Action};

const RECENT: &str = "tern.recent";
/// How many are kept.
const KEPT: usize = 8;

/// Something that was used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Recent {
    Task(TaskId),
    Action(&'static Action),
}

/// Takes note that something was used.
pub(crate) fn note(name: &str) {
    let before = dom::remembered(RECENT).unwrap_or_default();
    dom::remember(RECENT, &with(&before, name));
}

pub(crate) fn all() -> Vec<Recent> {
    let names = dom::remembered(RECENT).unwrap_or_default();
    names.split(' ').filter_map(recent).collect()
}

pub(crate) fn forget() {
    dom::forget(RECENT);
}

fn recent(name: &str) -> Option<Recent> {
    let action = ACTIONS.iter().find(|action| action.id == name).map(Recent::Action);
    action.or_else(|| name.parse().ok().map(Recent::Task))
}

fn with(before: &str, name: &str) -> String {
    let others = before.split(' ').filter(|other| !other.is_empty() && *other != name);
    std::iter::once(name).chain(others).take(KEPT).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_first_and_each_is_there_once() {
        let names = ["undo", "status", "undo", "0199a000-0000-7000-8000-000000000001", "theme"];
        let kept = names.iter().fold(String::new(), |kept, name| with(&kept, name));
        assert_eq!(kept, "theme 0199a000-0000-7000-8000-000000000001 undo status");
        assert_eq!((0..20).fold(String::new(), |kept, n| with(&kept, &n.to_string())).split(' ').count(), KEPT);
        assert!(matches!(recent("undo"), Some(Recent::Action(action)) if action.id == "undo"));
        assert!(matches!(recent("0199a000-0000-7000-8000-000000000001"), Some(Recent::Task(_))));
        assert!(recent("").is_none() && recent("nothing").is_none());
    }
}

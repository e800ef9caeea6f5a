//! Tasks within tasks. A move that would put a task into itself, by way of others, does not happen: so there is never
//! a cycle to look at, only moves that came too late.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::TaskId;

/// Whether `task` under `parent` would be within itself, given each task's parent.
pub fn would_cycle(task: TaskId, parent: TaskId, parent_of: impl Fn(TaskId) -> Option<TaskId>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = Some(parent);
    while let Some(ancestor) = next {
        // Rows that arrive one by one may show a cycle for a moment: it is not this move's.
        if ancestor == task {
            return true;
        }
        if !seen.insert(ancestor) {
            return false;
        }
        next = parent_of(ancestor);
    }
    false
}

/// The parent of each of these tasks, and of that, up to the top.
pub fn above(tasks: &BTreeSet<TaskId>, parent_of: impl Fn(TaskId) -> Option<TaskId>) -> BTreeMap<TaskId, TaskId> {
    let mut parents = BTreeMap::new();
    let mut open: Vec<TaskId> = tasks.iter().copied().collect();
    while let Some(task) = open.pop() {
        if let Some(parent) = parent_of(task).filter(|parent| parents.insert(task, *parent).is_none()) {
            open.push(parent);
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_task_is_never_within_itself() {
        let task = |n: u128| TaskId(Uuid::from_u128(n));
        let parents = BTreeMap::from([(task(2), task(1)), (task(3), task(2)), (task(8), task(9)), (task(9), task(8))]);
        let cycles = |id, parent| would_cycle(task(id), task(parent), |task| parents.get(&task).copied());
        assert!(cycles(1, 3) && cycles(1, 2) && cycles(1, 1));
        assert!(!cycles(3, 1) && !cycles(4, 3));
        assert!(!cycles(1, 8), "somebody else's cycle ends the walk");
        let above = above(&[task(3), task(8)].into(), |task| parents.get(&task).copied());
        assert_eq!(above, parents);
    }
}

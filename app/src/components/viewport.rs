//! Which part of a long list is on the screen. Rows have the height that CSS gives them, so that a row's place is
//! arithmetic and ten thousand tasks need no more elements than fit on the screen.

use std::ops::Range;

use shared::ids::TaskId;
use shared::query::group::Heading;

use crate::state::groups::Groups;

/// Rows beyond each edge that are there before they are scrolled to.
const MARGIN: usize = 8;
/// The range moves in steps of so many rows: most scrolling changes nothing.
const STEP: usize = 4;

/// What is seen of the list, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Viewport {
    /// How far the list's top is above the upper edge; negative while something is above the list.
    pub(crate) top: f64,
    pub(crate) height: f64,
    /// Height of a row and of a group's head.
    pub(crate) row: f64,
    pub(crate) head: f64,
}

impl Viewport {
    /// The rows to render of a group of `count` rows whose head is at `start`.
    pub(crate) fn rows(self, start: f64, count: usize) -> Range<usize> {
        if self.row <= 0.0 {
            return 0..0;
        }
        let first = (self.top - start - self.head) / self.row;
        let last = first + self.height / self.row + 1.0;
        let from = whole(first).saturating_sub(MARGIN) / STEP * STEP;
        let to = (whole(last) + MARGIN).div_ceil(STEP) * STEP;
        if last < 0.0 && whole(-last) > MARGIN {
            return 0..0;
        }
        from.min(count)..to.min(count)
    }

    /// Where a group's head is.
    pub(crate) fn start_of(self, groups: &Groups, heading: &Heading) -> f64 {
        groups.filled().take_while(|(group, _)| *group != heading).map(|(_, count)| self.height_of(count)).sum()
    }

    fn height_of(self, count: usize) -> f64 {
        self.head + self.row * float(count)
    }

    /// Height of so many rows, in whole pixels.
    pub(crate) fn rows_height(self, count: usize) -> usize {
        whole(self.row * float(count))
    }

    /// How far to scroll the list so that a task is seen below its sticky head; nothing if it is.
    pub(crate) fn scroll_to(self, groups: &Groups, id: TaskId) -> Option<f64> {
        let (heading, place) = groups
            .filled()
            .find_map(|(heading, _)| Some((heading, groups.of(heading).iter().position(|other| *other == id)?)))?;
        let top = self.start_of(groups, heading) + self.head + self.row * float(place);
        if top - self.head < self.top {
            Some(top - self.head)
        } else if top + self.row > self.top + self.height {
            Some(top + self.row - self.height)
        } else {
            None
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped: a count of rows, or of pixels")]
fn whole(number: f64) -> usize {
    number.clamp(0.0, 1e9) as usize
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows is far below 2^53")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(top: f64) -> Viewport {
        Viewport { top, height: 480.0, row: 48.0, head: 36.0 }
    }

    #[test]
    fn renders_what_is_seen_and_a_little_more() {
        assert_eq!(at(0.0).rows(0.0, 10_000), 0..20);
        assert_eq!(at(0.0).rows(0.0, 3), 0..3);
        let middle = at(48_036.0).rows(0.0, 10_000);
        assert!(middle.start <= 992 && middle.end >= 1_011 && middle.len() < 40, "{middle:?}");
        assert_eq!(at(1e9).rows(0.0, 10_000), 10_000..10_000);
        assert!(at(0.0).rows(50_000.0, 10).is_empty(), "a group far below");
        assert_eq!(Viewport::default().rows(0.0, 10), 0..0, "not measured yet");
    }
}

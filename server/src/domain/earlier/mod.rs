//! What clients of earlier systems say and hear: other names for the same rows, a time or a vector clock where a device has
//! a version, whole rows where a device sends what has changed.
//!
//! Nothing here decides how changes merge. A change of theirs becomes operations ([`crate::domain::resource`]) that have seen
//! what its author had seen ([`view`]), and goes the way of all others.

mod change;
mod moment;
mod names;
mod seen;
mod unsettled;

pub use change::{Change, Ids, Operation, Sent, read};
pub use moment::{Asked, Moment};
pub use names::{PROJECTS, SNAKE, SPACES, Words, gone, kind, show};
pub use seen::{Past, View, view};
pub use unsettled::{Conflict, Side, conflicts};

use super::resource::InvalidResource;

/// The kinds of rows that earlier clients know.
pub const KINDS: [Kind; 4] = [Kind::Project, Kind::Section, Kind::Task, Kind::Comment];

use shared::ids::Kind;

/// Why a change cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChange {
    #[error(transparent)]
    Resource(#[from] InvalidResource),
    #[error(
        "There is no entity type `{0}`. Name space, category, item or comment; or project, section, task or comment."
    )]
    Kind(String),
    #[error("There is no operation `{0}`. Name create, update or delete.")]
    Operation(String),
    #[error("A change is an object that names what it changes. Send it as the API's documentation says.")]
    Form,
    #[error("The change needs `{0}`. Add it.")]
    Missing(&'static str),
    #[error("`{name}` must be {expected}.")]
    Value { name: &'static str, expected: &'static str },
    #[error("There is no `{0}` in a change. Leave it out; what the row is to say stands in `data`.")]
    Unknown(String),
}

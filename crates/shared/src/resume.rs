//! Going on when a device and the server disagree about the device's history.
//!
//! Two copies of one profile, or a disk that was put back to an earlier day, continue one history in two ways. The
//! server keeps the one that it heard of first. Who comes with the other asks under which actor to go on, and shows
//! what it has:
//!
//! - `POST /api/auth/resume`: [`ResumeRequest`] → [`Resumed`], and the refresh cookie of a session of its own
//!
//! Where the histories have parted, the answer is a *branch*: a new actor whose history begins with what both have in
//! common. So nothing is numbered anew: what the server has handled before the parting counts as handled, and what
//! comes after keeps its number.
//!
//! After a restore from a backup the server may not know the actor at all, or know somebody else by its number. A device
//! that has data of another life goes on as who has asked.

use serde::{Deserialize, Serialize};

use crate::account::{DeviceInfo, Session};
use crate::clock::Actor;
use crate::hash::chain;
use crate::ids::{DeviceId, Epoch, MutationId};
use crate::protocol::LastMutation;

/// A device's history, as far as the server may not know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The life of the server's data that the device has rows of; none before its first pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    pub actor: Actor,
    /// The last mutation that a pull has confirmed.
    pub confirmed: LastMutation,
    /// Those after it, in their order; at most [`crate::limits::MUTATIONS_PER_RESUME`].
    pub waiting: Vec<MutationId>,
}

impl History {
    /// Where the history stands after the first `count` of the waiting mutations.
    pub fn after(&self, count: usize) -> LastMutation {
        self.waiting.iter().take(count).fold(self.confirmed, |last, id| {
            let n = last.n + 1;
            LastMutation { n, hash: chain(last.hash, n, *id) }
        })
    }
}

/// Asks under which actor to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResumeRequest {
    /// What this device is from now on, should it have to become another one: an id that nobody has used.
    pub device: DeviceInfo,
    pub history: History,
}

/// How to go on: the session's account names the actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resumed {
    /// The device whose session it is.
    pub device: DeviceId,
    pub session: Session,
}

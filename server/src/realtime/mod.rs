//! The poke on the server: who has a socket open, and who is told what.
//!
//! | module | holds |
//! |---|---|
//! | `mailbox` | what a socket has not been sent yet, bounded |
//! | `hub` | [`Hub`]: the open sockets of each organization |
//! | `follow` | [`follow`]: carries what the database announces to the sockets of this server |
//!
//! Knows nothing of HTTP and its upgrade to a WebSocket: `routes::ws` is the other end of a [`Seat`].

mod follow;
mod hub;
mod mailbox;

pub use follow::follow;
pub use hub::{Ears, Ending, Hub, Seat};

//! What Tern's data is and how concurrent changes to it become one.
//!
//! A member's device, the server and the simulator all run the rules in this crate, so that what a member sees while
//! offline is what the server will decide, as far as it can be known. Everything here is pure: time, ids and
//! randomness come in as arguments, and nothing reads a file, a socket or a clock.
//!
//! | module | what it answers |
//! |---|---|
//! | [`ids`] | what identifies a thing |
//! | [`clock`] | who wrote a value, and what the writer had seen |
//! | [`register`] | how a field keeps one value or the concurrent ones |
//! | [`policy`], [`workflow`] | which of the concurrent values counts |
//! | [`text`] | how two edits of one text become one text |
//! | [`project`], [`task`], [`row`] | what a project and a task consist of |
//! | [`mutation`] | what a member can do |
//! | [`merge`] | what a mutation makes of a row |
//! | [`protocol`] | what device and server say to each other |
//! | [`realtime`] | what the server says unasked |
//! | [`account`] | how somebody signs in |
//! | [`query`] | which tasks a view shows, and in which order |

pub mod account;
pub mod clock;
pub mod date;
pub mod hash;
pub mod ids;
pub mod limits;
pub mod merge;
pub mod mutation;
pub mod policy;
pub mod project;
pub mod protocol;
pub mod query;
pub mod realtime;
pub mod register;
pub mod row;
pub mod task;
pub mod text;
pub mod workflow;

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
//! | [`field`], [`value`] | which fields each kind of row has, and what they can hold |
//! | [`register`] | how a field keeps one value or the concurrent ones |
//! | [`policy`], [`workflow`] | which of the concurrent values counts |
//! | [`text`] | how two edits of one text become one text |
//! | [`order`], [`tree`], [`relation`], [`recurrence`] | where a task stands, in what, and when it comes again |
//! | [`scope`] | who may see and change a row |
//! | [`row`] | what is kept of anything that is synced |
//! | [`mutation`] | what a member can do |
//! | [`merge`] | what a mutation makes of a row |
//! | [`project`], [`section`], [`task`], [`comment`], [`attachment`], [`custom_field`], [`saved_view`], [`member`] | what a member sees of a row |
//! | [`protocol`] | what device and server say to each other |
//! | [`compact`] | how an answer with many rows is written in few bytes |
//! | [`realtime`] | what the server says unasked |
//! | [`account`], [`device`], [`api_token`], [`feed`] | how somebody signs in, on what, and with what programs work |
//! | [`organization`] | what a team is |
//! | [`webhook`] | what programs elsewhere are told of |
//! | [`resume`] | how a device goes on whose history the server knows otherwise |
//! | [`query`] | which tasks a view shows, and in which order |
//! | [`quick_add`] | what a line says of a new task |
//! | `schema` | what the messages look like, for the server's document; a feature |

pub mod account;
pub mod api_token;
pub mod attachment;
pub mod clock;
pub mod comment;
pub mod compact;
pub mod custom_field;
pub mod date;
pub mod device;
pub mod feed;
pub mod field;
pub mod hash;
pub mod ids;
pub mod limits;
pub mod member;
pub mod merge;
pub mod mutation;
pub mod order;
pub mod organization;
pub mod policy;
pub mod project;
pub mod protocol;
pub mod query;
pub mod quick_add;
pub mod realtime;
pub mod recurrence;
pub mod register;
pub mod relation;
pub mod resume;
pub mod row;
pub mod saved_view;
#[cfg(feature = "schema")]
pub mod schema;
pub mod scope;
pub mod section;
pub mod task;
pub mod text;
pub mod tree;
pub mod value;
pub mod webhook;
pub mod workflow;

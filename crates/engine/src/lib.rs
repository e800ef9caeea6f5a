//! The offline client: commands become mutations, mutations are saved and shown, and a state machine syncs them.
//!
//! The engine has no user interface and no I/O of its own. Storage ([`store::Store`]), the network
//! ([`transport::Transport`]), the clock and randomness come in from outside, so that the same engine runs in the
//! browser, natively and in the simulator.

pub mod answer;
pub mod backoff;
pub mod breaker;
pub mod command;
pub mod driver;
pub mod edit;
pub mod engine;
pub mod env;
pub(crate) mod gone;
pub mod local;
pub mod mine;
pub mod pull;
pub mod record;
pub(crate) mod refused;
pub mod replica;
pub mod resume;
pub mod status;
pub mod store;
pub mod sync;
pub mod theirs;
pub mod transport;
pub mod upgrade;
pub mod upload;
pub mod view;

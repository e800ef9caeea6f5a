//! `tern` as people and scripts meet it: processes with directories of their own, and the real server with a real
//! PostgreSQL on the other end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod conflicts;
mod crashes;
mod docs;
mod files;
mod harness;
mod offline;
mod processes;
mod tasks;
mod watching;

//! The server as its clients see it: real HTTP, a real PostgreSQL.
//!
//! One cluster for the whole run, which stops itself however the run ends; a database of its own for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod auth;
mod bad_input;
mod files;
mod harness;
mod housekeeping;
mod isolation;
mod process;
mod realtime;
mod resume;
mod sync;

//! Files out of an organization in memory, and into one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod forms;
mod round;
mod support;

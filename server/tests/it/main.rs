//! The server as its clients see it: real HTTP, a real PostgreSQL.
//!
//! One cluster for the whole run, which stops itself however the run ends; a database of its own for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod attachments;
mod audit;
mod auth;
mod bad_doors;
mod bad_input;
mod contract;
mod device;
mod devices;
mod earlier;
mod endurance;
mod examples;
mod exchange;
mod failpoints;
mod feeds;
mod files;
mod graphql;
mod harness;
mod housekeeping;
mod isolation;
mod matrix;
mod members;
mod moments;
mod once;
mod openapi;
mod plans;
mod poison;
mod process;
mod realtime;
mod removal;
mod rest;
mod restore;
mod resume;
mod search;
mod sync;
mod tenants;
mod thumbnails;
mod undo;
mod visibility;
mod webhooks;
mod wire;

//! What the server decides, as pure functions: no I/O, no clock, no randomness, no framework.
//!
//! A use case loads what a decision needs, calls it, and writes what it says. The simulator runs the same functions
//! against tables in memory.
//!
//! | module | decides |
//! |---|---|
//! | [`push`] | what a device's mutations make of the organization's rows |
//! | [`pull`] | what a device lacks |
//! | [`contents`] | whose content goes where |
//! | [`thumbnail`] | which files have a small picture, and what it looks like |
//! | [`members`] | who may change what somebody is in the organization |
//! | [`poke`] | what the other devices are told of a push |
//! | [`resume`], [`lineage`] | as whom a device goes on whose history has forked, and what is its own then |
//! | [`resource`] | what a row is as plain JSON, and what is to be done where it shall say something else |
//! | [`shelf`] | which rows a list shows, and in which order |
//! | [`earlier`] | what clients of earlier systems mean, and what they are shown |
//! | [`webhook`] | what webhooks are told, and when again |
//! | [`session`] | whether a refresh token continues its session |

pub mod contents;
pub mod earlier;
pub mod lineage;
pub mod members;
pub mod poke;
pub mod pull;
pub mod push;
pub mod resource;
pub mod resume;
pub mod session;
pub mod shelf;
pub mod thumbnail;
pub mod webhook;

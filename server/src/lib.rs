//! Tern's server: the authority that orders, merges and stores everybody's changes, and serves the app.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | what the environment says |
//! | [`run`] | starting and stopping |
//! | [`router`] | every path in one table |
//! | `routes` | parse → authorize → service → reply; the only place that knows HTTP, with [`problem`] |
//! | `openapi` | what every route takes and answers, as a document |
//! | [`services`] | one transaction script per use case |
//! | [`domain`] | decisions, pure |
//! | [`realtime`] | who has a socket open, and who is told what |
//! | [`contents`], [`courier`] | the content store, and the way to webhooks |
//! | [`db`] | the only SQL, and the private PostgreSQL |
//! | [`member`], [`tokens`] | who is asking |

pub mod config;
pub mod contents;
pub mod courier;
pub mod db;
pub mod domain;
pub mod member;
mod openapi;
pub mod problem;
pub mod realtime;
pub mod router;
mod routes;
pub mod run;
pub mod services;
pub mod tokens;

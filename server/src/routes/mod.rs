//! HTTP: parse, authorize, call a service, reply.

pub(crate) mod attachments;
pub(crate) mod auth;
mod cookie;
pub(crate) mod devices;
pub(crate) mod docs;
pub(crate) mod earlier;
pub(crate) mod exchange;
mod extract;
pub(crate) mod feeds;
pub(crate) mod files;
pub(crate) mod graphql;
pub(crate) mod health;
pub(crate) mod invitations;
pub(crate) mod layers;
pub(crate) mod members;
mod once;
pub(crate) mod organizations;
pub(crate) mod resources;
pub(crate) mod sync;
pub(crate) mod tokens;
pub(crate) mod webhooks;
pub(crate) mod ws;

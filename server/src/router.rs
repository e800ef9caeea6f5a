//! Every path that the server answers.

use std::sync::Arc;

use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use crate::openapi::{Api, Document};
use crate::routes::{
    attachments, auth, devices, docs, earlier, exchange, feeds, files, graphql, health, invitations, layers, members,
    organizations, resources, sync, tokens, webhooks, ws,
};
use crate::services::Services;

pub use crate::routes::files::{Files, FilesError};
pub use crate::routes::resources::COLLECTIONS;
pub use crate::routes::ws::Pace;

/// What the routes work with.
#[derive(Clone, Debug)]
pub struct AppState {
    pub services: Arc<Services>,
    pub files: Arc<Files>,
    pub pace: Pace,
}

/// Bytes of an answer that is sent as it is: compressing it takes longer than its one packet.
const ONE_PACKET: u16 = 1_024;

/// Every route, and the document of them.
fn table() -> (Router<AppState>, Document) {
    let mut api = Api::default();
    docs::routes(&mut api);
    health::routes(&mut api);
    auth::routes(&mut api);
    attachments::routes(&mut api);
    invitations::routes(&mut api);
    organizations::routes(&mut api);
    members::routes(&mut api);
    devices::routes(&mut api);
    tokens::routes(&mut api);
    feeds::routes(&mut api);
    webhooks::routes(&mut api);
    resources::routes(&mut api);
    exchange::routes(&mut api);
    sync::routes(&mut api);
    earlier::routes(&mut api);
    graphql::routes(&mut api);
    ws::routes(&mut api);
    api.finish()
}

/// The document of the API: `OpenAPI` 3.1, as `GET /api/schema` answers it.
pub fn document() -> serde_json::Value {
    table().1.json().clone()
}

/// The whole server.
pub fn router(state: AppState) -> Router {
    let (routes, document) = table();
    let api = routes
        .layer(Extension(Arc::new(document)))
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(from_fn(layers::no_store))
        .layer(from_fn(layers::timeout));
    // Outermost last: the log sees what a panic has become.
    api.fallback(files::serve)
        .layer(from_fn_with_state(state.clone(), layers::security))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn(layers::log))
        .with_state(state)
}

/// Not a download: a part of it would be a part of another body.
fn worth_compressing() -> impl Predicate {
    let shown =
        |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| !headers.contains_key(CONTENT_DISPOSITION);
    DefaultPredicate::new().and(SizeAbove::new(ONE_PACKET)).and(shown)
}

//! Every path that the server answers.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use crate::routes::{attachments, auth, files, health, invitations, layers, members, resources, sync, tokens, ws};
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

/// The whole server.
pub fn router(state: AppState) -> Router {
    let api = Router::new()
        .route("/api/health", get(health::show))
        .route("/api/auth/register", post(auth::register))
        .route("/api/auth/login", post(auth::login))
        .route("/api/auth/refresh", post(auth::refresh))
        .route("/api/auth/logout", post(auth::logout))
        .route("/api/auth/resume", post(auth::resume))
        .route("/api/attachments", post(attachments::begin))
        .route("/api/attachments/{id}", get(attachments::show))
        .route("/api/attachments/{id}/chunks/{n}", post(attachments::chunk))
        .route("/api/attachments/{id}/complete", post(attachments::complete))
        .route("/api/invitations", post(invitations::create))
        .route("/api/members/{user}", patch(members::change_role))
        .route("/api/members/{user}", delete(members::remove))
        .route("/api/tokens", get(tokens::list))
        .route("/api/tokens", post(tokens::create))
        .route("/api/tokens/{id}", delete(tokens::end))
        .merge(resources::routes())
        .route("/api/sync/push", post(sync::push))
        .route("/api/sync/pull", post(sync::pull))
        .route("/api/ws/ticket", post(ws::ticket))
        .route("/api/ws", get(ws::open))
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

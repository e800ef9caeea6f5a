//! Every path that the server answers.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _, SizeAbove};

use crate::routes::{auth, files, health, invitations, layers, members, sync, ws};
use crate::services::Services;

pub use crate::routes::files::{Files, FilesError};
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
        .route("/api/invitations", post(invitations::create))
        .route("/api/members/{user}", patch(members::change_role))
        .route("/api/members/{user}", delete(members::remove))
        .route("/api/sync/push", post(sync::push))
        .route("/api/sync/pull", post(sync::pull))
        .route("/api/ws/ticket", post(ws::ticket))
        .route("/api/ws", get(ws::open))
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(ONE_PACKET))))
        .layer(from_fn(layers::no_store))
        .layer(from_fn(layers::timeout));
    // Outermost last: the log sees what a panic has become.
    api.fallback(files::serve)
        .layer(from_fn_with_state(state.clone(), layers::security))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn(layers::log))
        .with_state(state)
}

//! Registering, signing in, staying signed in, signing out.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use shared::account::{LoginRequest, RegisterRequest};
use shared::resume::{ResumeRequest, Resumed};

use super::cookie;
use super::extract::{Bearer, Body, SameOrigin};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::SignedIn;

/// `POST /api/auth/register`
pub(crate) async fn register(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
    Body(request): Body<RegisterRequest>,
) -> Result<impl IntoResponse, ApiProblem> {
    let signed_in = app.services.register(request).await?;
    Ok((StatusCode::CREATED, reply(&headers, signed_in)))
}

/// `POST /api/auth/login`
pub(crate) async fn login(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
    Body(request): Body<LoginRequest>,
) -> Result<impl IntoResponse, ApiProblem> {
    Ok(reply(&headers, app.services.login(request).await?))
}

/// `POST /api/auth/refresh`
pub(crate) async fn refresh(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiProblem> {
    let token = cookie::read(&headers).ok_or_else(|| ApiProblem::unauthenticated("Nobody is signed in. Sign in."))?;
    Ok(reply(&headers, app.services.refresh(token).await?))
}

/// `POST /api/auth/logout`
pub(crate) async fn logout(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiProblem> {
    if let Some(token) = cookie::read(&headers) {
        app.services.logout(token).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, cookie::clear(&headers))])))
}

/// `POST /api/auth/resume`
pub(crate) async fn resume(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
    Bearer(member): Bearer,
    Body(request): Body<ResumeRequest>,
) -> Result<impl IntoResponse, ApiProblem> {
    let (device, signed_in) = app.services.resume(&member, request).await?;
    let cookie = cookie::set(&headers, &signed_in.refresh_token);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(Resumed { device, session: signed_in.session })))
}

fn reply(headers: &HeaderMap, signed_in: SignedIn) -> impl IntoResponse + use<> {
    let cookie = cookie::set(headers, &signed_in.refresh_token);
    (AppendHeaders([(SET_COOKIE, cookie)]), Json(signed_in.session))
}

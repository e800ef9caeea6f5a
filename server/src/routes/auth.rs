//! Registering, signing in, staying signed in, signing out.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde_json::json;
use shared::account::{LoginRequest, RegisterRequest, Session};
use shared::protocol::kind;
use shared::resume::{ResumeRequest, Resumed};

use super::cookie;
use super::extract::{Bearer, Body, SameOrigin};
use crate::openapi::{Api, Operation, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::SignedIn;

const GROUP: &str = "Signing in";

pub(crate) fn routes(api: &mut Api) {
    let device = json!({ "id": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "name": "Chromium on Linux" });
    let mut newcomer = json!({
        "organization": "Saltmarsh", "name": "Ines Okafor", "email": "ines@saltmarsh.example",
        "password": "correct horse", "device": device,
    });
    let made = op(GROUP, "Make an account")
        .about("With an organization of its own, or in the one that an invitation is for.")
        .same_origin(false)
        .takes::<RegisterRequest>(newcomer.clone())
        .problem(StatusCode::UNAUTHORIZED, kind::CREDENTIALS)
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::TAKEN);
    api.post("/api/auth/register", register, session(made, StatusCode::CREATED));
    if let Some(object) = newcomer.as_object_mut() {
        object.retain(|name, _| ["email", "password", "device"].contains(&name.as_str()));
    }
    let sign_in = op(GROUP, "Sign a device in")
        .same_origin(false)
        .takes::<LoginRequest>(newcomer)
        .problem(StatusCode::UNAUTHORIZED, kind::CREDENTIALS)
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND);
    api.post("/api/auth/login", login, session(sign_in, StatusCode::OK));
    let again =
        op(GROUP, "Stay signed in").about("With the refresh cookie, which changes each time.").same_origin(true);
    let again = again.problem(StatusCode::UNAUTHORIZED, kind::UNAUTHENTICATED);
    api.post("/api/auth/refresh", refresh, session(again, StatusCode::OK));
    let out = op(GROUP, "Sign out")
        .about("Ends the session of the refresh cookie. Whoever has none is signed out already.")
        .same_origin(false)
        .gives_nothing(StatusCode::NO_CONTENT, "Nobody is signed in.");
    api.post("/api/auth/logout", logout, out);
    let on = op(GROUP, "Go on where histories have parted")
        .about("For devices that sync, after a copied profile or a restored disk.")
        .writes()
        .same_origin(false)
        .takes::<ResumeRequest>(json!({
            "device": device,
            "history": { "actor": 3, "confirmed": { "n": 0, "hash": "0000000000000000" }, "waiting": [] },
        }))
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .gives::<Resumed>(StatusCode::OK, "How to go on.", json!({ "device": device["id"], "session": signed_in() }))
        .with_header("Set-Cookie", "The refresh token.");
    api.post("/api/auth/resume", resume, on);
}

fn session(operation: Operation, status: StatusCode) -> Operation {
    let about = "Signed in. The refresh token is in a cookie that no script reads.";
    operation.gives::<Session>(status, about, signed_in()).with_header("Set-Cookie", "The refresh token.")
}

/// An example of a session.
fn signed_in() -> serde_json::Value {
    json!({
        "access_token": "eyJhbGciOiJIUzI1NiJ9…", "expires_in": 900,
        "account": {
            "user": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f82", "name": "Ines Okafor", "email": "ines@saltmarsh.example",
            "organization": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f83", "organization_name": "Saltmarsh", "actor": 3,
            "epoch": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f84",
        },
    })
}

async fn register(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
    Body(request): Body<RegisterRequest>,
) -> Result<impl IntoResponse, ApiProblem> {
    let signed_in = app.services.register(request).await?;
    Ok((StatusCode::CREATED, reply(&headers, signed_in)))
}

async fn login(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
    Body(request): Body<LoginRequest>,
) -> Result<impl IntoResponse, ApiProblem> {
    Ok(reply(&headers, app.services.login(request).await?))
}

async fn refresh(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiProblem> {
    let token = cookie::read(&headers).ok_or_else(|| ApiProblem::unauthenticated("Nobody is signed in. Sign in."))?;
    Ok(reply(&headers, app.services.refresh(token).await?))
}

async fn logout(
    State(app): State<AppState>,
    headers: HeaderMap,
    _: SameOrigin,
) -> Result<impl IntoResponse, ApiProblem> {
    if let Some(token) = cookie::read(&headers) {
        app.services.logout(token).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, cookie::clear(&headers))])))
}

async fn resume(
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

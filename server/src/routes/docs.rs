//! The document of the API, for programs and for people.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::http::StatusCode;
use axum::response::Html;
use serde_json::{Value, json};

use crate::openapi::{Api, Document, op, page};

const GROUP: &str = "Documentation";

pub(crate) fn routes(api: &mut Api) {
    let schema = op(GROUP, "This document").gives_as(
        StatusCode::OK,
        "OpenAPI 3.1.",
        json!({ "type": "object", "required": ["openapi", "paths"] }),
        json!({ "openapi": "3.1.0", "paths": {} }),
    );
    api.get("/api/schema", document, schema);
    let docs = op(GROUP, "This document as a page").gives_bytes(StatusCode::OK, "For people.", "text/html");
    api.get("/api/docs", docs_page, docs);
}

async fn document(Extension(document): Extension<Arc<Document>>) -> Json<Value> {
    Json(document.json().clone())
}

async fn docs_page(Extension(document): Extension<Arc<Document>>) -> Html<String> {
    Html(page(&document))
}

//! A page to try GraphQL with: an editor, the answer, and all types. One file, without anything from elsewhere; it runs no
//! other script than its own and talks to no other server (Content Security Policy, level 3).

use std::sync::LazyLock;

use async_graphql::Request;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderName, StatusCode, Uri};
use axum::response::Html;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::schema::schema;
use crate::problem::ApiProblem;

const STYLE: &str = include_str!("explorer.css");
const SCRIPT: &str = include_str!("explorer.js");
const BODY: &str = include_str!("explorer.html");

/// What the page asks the schema about itself.
const TYPES: &str = "{ __schema { queryType { name } mutationType { name } subscriptionType { name } \
    types { kind name description \
    fields { name description args { ...input } type { ...of } } inputFields { ...input } enumValues { name } } } } \
    fragment input on __InputValue { name description defaultValue type { ...of } } \
    fragment of on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// With the types in it: who reads them need not be signed in.
static PAGE: OnceCell<String> = OnceCell::const_new();

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let (script, style) = (hash(SCRIPT), hash(STYLE));
    format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

type Page = ([(HeaderName, &'static str); 1], Html<&'static str>);

/// A GET is for people. What another site has a browser get does nothing, therefore, whatever it asks for.
pub(super) async fn page(uri: Uri) -> Result<Page, ApiProblem> {
    let query = uri.query().unwrap_or_default();
    if query.split('&').any(|one| one.split('=').next() == Some("query")) {
        let detail = "A GET asks and changes nothing. Send the query with POST, as JSON.";
        return Err(ApiProblem::invalid(StatusCode::BAD_REQUEST, detail));
    }
    let page = PAGE.get_or_try_init(async || {
        let types = schema()?.execute(Request::new(TYPES)).await;
        let types = serde_json::to_string(&types.data).map_err(|_| ApiProblem::bug())?;
        // In a script's element nothing is escaped, and nothing may end it.
        Ok::<_, ApiProblem>(whole(&types.replace('<', "\\u003c")))
    });
    Ok(([(CONTENT_SECURITY_POLICY, POLICY.as_str())], Html(page.await?.as_str())))
}

fn whole(types: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Tern: GraphQL</title><style>{STYLE}</style></head>\
         <body>{BODY}<script type=\"application/json\" id=\"types\">{types}</script><script>{SCRIPT}</script></body></html>\n"
    )
}

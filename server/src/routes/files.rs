//! The app's files, as the build has left them: precompressed, and with hashes in the names of those that never change.
//!
//! The app is one page: every path that is neither the API's nor a file's shows it. A file that is missing is missing,
//! for a page in the place of a script would be cached as that script.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, VARY};
use axum::http::{HeaderValue, Method, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use crate::problem::ApiProblem;
use crate::router::AppState;

const INDEX: &str = "/index.html";
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Hexadecimal digits that a name ends with when it carries a hash.
const HASH_DIGITS: usize = 12;

/// The app is not there.
#[derive(Debug, thiserror::Error)]
#[error("The app is not built: {} cannot be read ({reason}). Run 'make build', or set TERN_DIST to the directory of the built app.", path.display())]
pub struct FilesError {
    path: PathBuf,
    reason: std::io::ErrorKind,
}

/// A built app.
#[derive(Clone, Debug)]
pub struct Files {
    directory: ServeDir,
    index: PathBuf,
    policy: Arc<RwLock<PagePolicy>>,
}

/// What the page may do, and the time of the page that this was read from.
#[derive(Clone, Debug)]
struct PagePolicy {
    modified: Option<SystemTime>,
    header: HeaderValue,
}

impl PagePolicy {
    fn read(index: &Path) -> Result<Self, std::io::Error> {
        // The time first: of a page that is replaced in between, the next look finds the newer one.
        let modified = modified(index);
        let header = HeaderValue::from_str(&policy(&std::fs::read_to_string(index)?));
        let header = header.map_err(|_| std::io::Error::from(std::io::ErrorKind::InvalidData))?;
        Ok(Self { modified, header })
    }
}

fn modified(index: &Path) -> Option<SystemTime> {
    std::fs::metadata(index).and_then(|metadata| metadata.modified()).ok()
}

impl Files {
    /// Opens the directory of a built app.
    pub fn open(dist: &Path) -> Result<Self, FilesError> {
        let index = dist.join("index.html");
        let policy = PagePolicy::read(&index);
        let policy = policy.map_err(|error| FilesError { path: index.clone(), reason: error.kind() })?;
        let directory = ServeDir::new(dist).append_index_html_on_directories(false);
        let directory = directory.precompressed_br().precompressed_gzip();
        Ok(Self { directory, index, policy: Arc::new(RwLock::new(policy)) })
    }

    /// What the pages may do (Content Security Policy, level 3). Follows the page: a new build may be put in the
    /// place of the old one while the server runs.
    pub(crate) fn content_security_policy(&self) -> HeaderValue {
        let known = self.policy.read().unwrap_or_else(PoisonError::into_inner).clone();
        if modified(&self.index) == known.modified {
            return known.header;
        }
        // A page that cannot be read now is not served either.
        let Ok(new) = PagePolicy::read(&self.index) else { return known.header };
        let header = new.header.clone();
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = new;
        header
    }

    async fn get(&self, request: Request) -> Response<Body> {
        match self.directory.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}

/// Everything outside of the API.
pub(crate) async fn serve(State(app): State<AppState>, mut request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if path == "/api" || path.starts_with("/api/") {
        return ApiProblem::not_found(format!("The API has no address {path}. Check its spelling.")).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let detail = "Only GET and HEAD are answered outside of /api.";
        let problem = ApiProblem::invalid(StatusCode::METHOD_NOT_ALLOWED, detail);
        return ([(ALLOW, "GET, HEAD")], problem).into_response();
    }
    let caching = match file_name(&path) {
        Some(name) if name.starts_with('.') => return missing(&path),
        Some(name) if carries_hash(name) => FOREVER,
        Some(_) => REVALIDATE,
        None => {
            *request.uri_mut() = Uri::from_static(INDEX);
            REVALIDATE
        }
    };
    let mut response = app.files.get(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return missing(&path);
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, caching);
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn missing(path: &str) -> Response<Body> {
    let detail = format!("There is no file {path}. If the app was updated meanwhile, reload it.");
    ([(CACHE_CONTROL, REVALIDATE)], ApiProblem::not_found(detail)).into_response()
}

/// The name of the file that a path asks for; `None` when it is a place in the app.
fn file_name(path: &str) -> Option<&str> {
    path.rsplit('/').next().filter(|name| name.contains('.'))
}

/// Whether a name ends with a hash of the content, as in `tern-0123456789abcdef_bg.wasm`.
fn carries_hash(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let (_, hash) = stem.rsplit_once('-').unwrap_or_default();
    hash.len() >= HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Only what comes from here runs, and of the scripts within the page only those that the build put there.
fn policy(index: &str) -> String {
    let hashes = inline_scripts(index).map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))));
    let hashes: String = hashes.collect();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
         object-src 'none'"
    )
}

/// The contents of the page's scripts that have no `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script")?;
        let has_src =
            attributes.split_whitespace().any(|attribute| attribute == "src" || attribute.starts_with("src="));
        (!has_src).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_of_the_page_may_run_and_no_others() {
        let page = r#"<head><script type="module">init()</script><script src="/a.js"></script><script>go()</script>"#;
        assert_eq!(inline_scripts(page).collect::<Vec<_>>(), ["init()", "go()"]);
        // printf 'init()' | openssl dgst -sha256 -binary | base64
        let policy = policy(page);
        assert!(policy.contains("'sha256-w4ujnOpjBoH2vcasx+reJRUwYivG8Q3afx/XevGJod8='"), "{policy}");
    }

    #[test]
    fn only_a_hashed_name_is_kept_forever() {
        for name in ["tern-0123456789abcdef.js", "tern-0123456789abcdef_bg.wasm", "style-0123456789abcdef.css"] {
            assert!(carries_hash(name), "{name}");
        }
        for name in ["sw.js", "manifest.webmanifest", "icon-192.png", "apple-touch-icon.png", "index.html"] {
            assert!(!carries_hash(name), "{name}");
        }
    }

    #[test]
    fn a_path_with_an_extension_is_a_file() {
        assert_eq!(file_name("/tern-1.js"), Some("tern-1.js"));
        assert_eq!(file_name("/t/0190"), None);
        assert_eq!(file_name("/v1.2/t"), None);
        assert_eq!(file_name("/"), None);
    }
}

//! The app's files.

use reqwest::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Method, Response};
use shared::protocol::{PullRequest, kind};
use shared::scope::Scope;

use crate::harness::{Server, check, create, task_id};

async fn get(server: &Server, path: &str, encodings: &str) -> Response {
    server.request(Method::GET, path).header(ACCEPT_ENCODING, encodings).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_shell_is_served_on_any_path() {
    let server = Server::start().await;
    for path in ["/", "/sign-in", "/t/0190d0a2-0000-7000-8000-000000000000", "/p/x?tab=1", "/%F0%9F%8C%8A", "/a/../b"] {
        let response = get(&server, path, "identity").await;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert_eq!(header(&response, CACHE_CONTROL.as_str()), "no-cache");
        assert!(header(&response, CONTENT_TYPE.as_str()).starts_with("text/html"));
        assert!(response.text().await.unwrap().contains("init()"), "{path}");
    }
    let head = server.request(Method::HEAD, "/sign-in").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
}

#[tokio::test]
async fn files_are_served_as_they_were_compressed() {
    let server = Server::start().await;
    let script = "/tern-0123456789abcdef.js";
    for (path, encodings, encoding, body) in [
        ("/", "gzip, br", "br", "shell as br"),
        ("/deep/link", "gzip", "gzip", "shell as gz"),
        (script, "br", "br", "script as br"),
        (script, "gzip", "", "plain script"),
    ] {
        let response = get(&server, path, encodings).await;
        assert_eq!(header(&response, CONTENT_ENCODING.as_str()), encoding, "{path} {encodings}");
        assert!(header(&response, "vary").contains("accept-encoding"));
        assert_eq!(response.text().await.unwrap(), body);
    }
}

#[tokio::test]
async fn only_hashed_files_are_kept_forever() {
    let server = Server::start().await;
    let script = get(&server, "/tern-0123456789abcdef.js", "br").await;
    assert_eq!(header(&script, CACHE_CONTROL.as_str()), "public, max-age=31536000, immutable");
    assert!(header(&script, CONTENT_TYPE.as_str()).contains("javascript"));
    let worker = get(&server, "/sw.js", "br").await;
    assert_eq!(header(&worker, CACHE_CONTROL.as_str()), "no-cache");
}

#[tokio::test]
async fn a_missing_file_is_missing() {
    let server = Server::start().await;
    for path in [
        "/tern-fedcba9876543210.js",
        "/assets/x.wasm",
        "/favicon.ico",
        "/.built",
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd.txt",
    ] {
        let response = get(&server, path, "br").await;
        assert_eq!(header(&response, CACHE_CONTROL.as_str()), "no-cache", "{path}");
        check(response, 404, kind::NOT_FOUND).await;
    }
    let post = server.request(Method::POST, "/sign-in").send().await.unwrap();
    assert_eq!(header(&post, ALLOW.as_str()), "GET, HEAD");
    check(post, 405, kind::INVALID).await;
}

#[tokio::test]
async fn browsers_are_told_to_be_strict() {
    let server = Server::start().await;
    for path in ["/", "/sw.js", "/missing.js", "/api/health", "/api/missing"] {
        let response = get(&server, path, "br").await;
        let policy = header(&response, "content-security-policy");
        for rule in [
            "default-src 'self'",
            // printf 'init()' | openssl dgst -sha256 -binary | base64
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-w4ujnOpjBoH2vcasx+reJRUwYivG8Q3afx/XevGJod8='",
            "style-src 'self' 'unsafe-inline'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        ] {
            assert!(policy.split("; ").any(|one| one == rule), "{rule} in {policy}");
        }
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "referrer-policy"), "same-origin");
        assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
        assert!(!header(&response, "x-request-id").is_empty());
    }
}

#[tokio::test]
async fn answers_of_the_api_are_compressed_and_not_kept() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    ines.push(1, (0..20).map(|n| create(task_id(), project, &format!("Task {n}"))).collect::<Vec<_>>()).await;
    for (cursor, encodings, encoding) in [
        (0, "gzip", "gzip"),
        (0, "gzip, deflate, br, zstd", "zstd"),
        // Nothing new: too little to be worth it.
        (ines.now().await, "gzip, zstd", ""),
    ] {
        let request = ines
            .request(Method::POST, "/api/sync/pull")
            .json(&PullRequest { scopes: vec![Scope::Project(project)], ..ines.pull_request(cursor) });
        let response = request.header(ACCEPT_ENCODING, encodings).send().await.unwrap();
        assert_eq!(header(&response, CONTENT_ENCODING.as_str()), encoding, "{cursor} {encodings}");
        assert_eq!(header(&response, CACHE_CONTROL.as_str()), "no-store");
    }
}

#[tokio::test]
async fn health_says_whether_the_server_can_work() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let healthy = server.get("/api/health").await;
    assert_eq!(healthy.status().as_u16(), 200);
    assert_eq!(healthy.json::<serde_json::Value>().await.unwrap()["status"], "ok");

    server.allow_connections(false).await;
    for _ in 0..2 {
        let unhealthy = server.get("/api/health").await;
        assert_eq!(header(&unhealthy, "retry-after"), "5");
        check(unhealthy, 503, kind::UNAVAILABLE).await;
        check(ines.ask(&ines.pull_request(0)).await, 503, kind::UNAVAILABLE).await;
        check(ines.refresh(&ines.refresh_token).await, 503, kind::UNAVAILABLE).await;
    }
    server.allow_connections(true).await;
    assert_eq!(server.get("/api/health").await.status().as_u16(), 200);
    assert_eq!(ines.refresh(&ines.refresh_token).await.status().as_u16(), 200);
}

//! Where deliveries go: to public addresses, unless the operator allows others, and nowhere else.

use std::process::Stdio;
use std::sync::Arc;

use futures::FutureExt as _;
use reqwest::Method;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use tern_server::courier::{Courier, PATIENCE};
use tern_server::domain::webhook::Reach;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

use super::receiver::{Received, Receiver, Said};
use super::servers::process;
use super::{SECOND, ask, deliver, hook, log, server, task};
use crate::harness::{Server, check, directory};

/// What was written down of the first attempt.
fn error(log: &[Json]) -> &str {
    log[0]["attempts"][0]["error"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn nothing_goes_to_a_private_address_unless_it_is_allowed() {
    let listener = TcpListener::bind("[::]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let generous = server().await;
    let ines = generous.register("ines@saltmarsh.example").await;
    let hosts = [
        "127.0.0.1",
        "127.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
    ];
    let mut hooks = Vec::new();
    for host in hosts {
        hooks.push(hook(&ines, &json!({ "url": format!("https://{host}:{port}/") })).await);
    }
    task(&ines, "Net").await;
    generous.stop().await;

    let server = Server::restart_with(&generous.database, Courier::new(Reach::Public, PATIENCE)).await;
    let ines = server.login("ines@saltmarsh.example", ines.id).await;
    deliver(&server, 0).await;
    for (host, hook) in hosts.iter().zip(&hooks) {
        let log = log(&ines, hook).await;
        assert!(error(&log).contains("is not a public address"), "{host}: {log:?}");
    }
    assert!(listener.accept().now_or_never().is_none(), "nobody has connected");
    for host in hosts.iter().filter(|host| **host != "localhost") {
        check(ask(&ines, Method::POST, "", &json!({ "url": format!("https://{host}/") })).await, 422, kind::INVALID)
            .await;
    }
    check(ask(&ines, Method::POST, "", &json!({ "url": "http://hooks.example.org/" })).await, 422, kind::INVALID).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, listener, other) = (server().await, Receiver::start().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    for status in [301, 302, 307, 308] {
        let elsewhere = other.url.clone();
        listener.answers(move |_: &Received| Said { location: Some(elsewhere.clone()), ..status.into() });
        task(&ines, "Net").await;
        deliver(&server, 0).await;
        assert_eq!(log(&ines, &made).await[0]["attempts"][0]["status"], json!(status));
    }
    assert_eq!((listener.received().len(), other.received().len()), (4, 0));
}

#[tokio::test]
async fn a_name_that_is_none_or_nobody_there_is_written_down() {
    let server = server().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = hook(&ines, &json!({ "url": "https://nowhere.invalid/" })).await;
    let nobody = hook(&ines, &json!({ "url": format!("http://{closed}/") })).await;
    task(&ines, "Net").await;
    let wait = deliver(&server, 0).await.unwrap();
    assert!(wait <= 2 * SECOND);
    assert_eq!(error(&log(&ines, &nowhere).await), "The name nowhere.invalid cannot be found.");
    assert!(error(&log(&ines, &nobody).await).starts_with("There is no connection: "));
}

/// A program that speaks TLS with a certificate of its own; where the certificate is, and its port.
async fn encrypted() -> (std::path::PathBuf, u16) {
    let here = directory();
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]).current_dir(&here).stderr(Stdio::null());
    assert!(openssl.status().await.unwrap().success());
    let certificate = CertificateDer::from_pem_file(here.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(here.join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 1_024];
            let read = stream.read(&mut request).await.unwrap();
            assert!(request[..read].starts_with(b"POST / HTTP/1.1\r\n"));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhidden").await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (here.join("cert.pem"), port)
}

#[tokio::test]
async fn who_cannot_prove_its_name_is_told_nothing() {
    let server = server().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (certificate, port) = encrypted().await;
    let made = hook(&ines, &json!({ "url": format!("https://localhost:{port}/") })).await;
    task(&ines, "Net").await;
    deliver(&server, 0).await;
    assert!(error(&log(&ines, &made).await).starts_with("The connection is not encrypted"), "trusted by nobody");
    // A server whose machine trusts the certificate.
    let (_child, _) = process(&server.database, &[("SSL_CERT_FILE", certificate.to_str().unwrap())]).await;
    let again = loop {
        let one = log(&ines, &made).await.remove(0);
        if one["state"] == "delivered" {
            break one;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(again["attempts"].as_array().unwrap().last().unwrap()["response"], json!("hidden"));
}

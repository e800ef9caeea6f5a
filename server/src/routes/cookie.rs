//! The cookie of the refresh token: no script reads it, no other site sends it, no other path gets it (RFC 6265bis).

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST};
use shared::account::REFRESH_COOKIE;

/// As long as an unused session lives: 90 days.
const MAX_AGE: i64 = crate::domain::session::LIFETIME / 1_000;

/// The token in a request's cookies.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == REFRESH_COOKIE).map(|(_, token)| token)
}

/// The header that stores a token.
pub(super) fn set(headers: &HeaderMap, token: &str) -> String {
    format!("{REFRESH_COOKIE}={token}; {}; Max-Age={MAX_AGE}", attributes(headers))
}

/// The header that removes it.
pub(super) fn clear(headers: &HeaderMap) -> String {
    format!("{REFRESH_COOKIE}=; {}; Max-Age=0", attributes(headers))
}

fn attributes(headers: &HeaderMap) -> &'static str {
    if is_local(headers) {
        "HttpOnly; SameSite=Strict; Path=/api/auth"
    } else {
        "HttpOnly; SameSite=Strict; Path=/api/auth; Secure"
    }
}

/// Whether the browser asked this very machine without TLS: the one case in which `Secure` would lose the cookie.
fn is_local(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let over_tls = text("x-forwarded-proto").is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"));
    !over_tls && text(HOST.as_str()).is_some_and(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let local_name = name == "localhost" || name.ends_with(".localhost");
    local_name || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn finds_the_token_among_other_cookies() {
        assert_eq!(read(&headers(&[("cookie", "a=b; tern_refresh=t.o-k; c=d")])), Some("t.o-k"));
        assert_eq!(read(&headers(&[("cookie", "tern_refresher=x")])), None);
        assert_eq!(read(&headers(&[])), None);
    }

    #[test]
    fn is_secure_everywhere_but_on_this_machine_without_tls() {
        for (local, host) in [
            (true, "localhost:3000"),
            (true, "127.0.0.1"),
            (true, "[::1]:80"),
            (false, "tern.example"),
            (false, "localhost.example:3000"),
            (false, "127.0.0.1.example"),
        ] {
            assert_eq!(!set(&headers(&[("host", host)]), "t").contains("Secure"), local, "{host}");
        }
        assert!(set(&headers(&[("host", "localhost"), ("x-forwarded-proto", "https")]), "t").contains("; Secure"));
        assert!(set(&headers(&[]), "t").contains("; Secure"));
    }
}

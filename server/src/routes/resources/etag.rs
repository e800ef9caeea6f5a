//! Versions as entity tags (RFC 9110, section 8.8.3): a row has another version after every change.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use shared::clock::Version;

use crate::domain::resource::Object;
use crate::problem::ApiProblem;

/// The tag of an object.
pub(super) fn etag(object: &Object) -> String {
    format!("\"{}\"", object.get("version").and_then(serde_json::Value::as_u64).unwrap_or_default())
}

/// Whether the client has this version already.
pub(in crate::routes) fn unchanged(headers: &HeaderMap, tag: &str) -> bool {
    tags(headers, &IF_NONE_MATCH).any(|known| known == tag || known == "*")
}

/// The version that the row must be of; `None`: any.
pub(super) fn only_if(headers: &HeaderMap) -> Result<Option<Version>, ApiProblem> {
    let mut wanted = tags(headers, &IF_MATCH);
    let Some(first) = wanted.next().filter(|tag| *tag != "*") else { return Ok(None) };
    let version = first.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    if wanted.next().is_some() || version.is_none() {
        let detail = "If-Match must be one entity tag that an answer had in its header ETag, such as \"42\".";
        return Err(ApiProblem::invalid(StatusCode::BAD_REQUEST, detail));
    }
    Ok(version)
}

fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_tag_is_a_version() {
        assert_eq!(only_if(&HeaderMap::new()).unwrap(), None);
        assert_eq!(only_if(&headers(IF_MATCH, "*")).unwrap(), None);
        assert_eq!(only_if(&headers(IF_MATCH, "\"42\"")).unwrap(), Some(42));
        for bad in ["42", "\"x\"", "\"1\", \"2\"", "\""] {
            assert!(only_if(&headers(IF_MATCH, bad)).is_err(), "{bad}");
        }
        assert!(unchanged(&headers(IF_NONE_MATCH, "\"1\", W/\"42\""), "\"42\""));
        assert!(!unchanged(&headers(IF_NONE_MATCH, "\"1\""), "\"42\""));
    }
}

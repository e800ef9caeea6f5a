//! A text with the words of a query marked in it.

use std::ops::Range;

use leptos::prelude::*;
use shared::query::highlight::highlight;

pub(crate) fn marked(text: &str, query: &str) -> AnyView {
    let mut parts = Vec::new();
    let mut end = 0;
    let part = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    for range in highlight(text, query) {
        parts.push(part(end..range.start).into_any());
        parts.push(view! { <mark>{part(range.clone())}</mark> }.into_any());
        end = range.end;
    }
    parts.push(part(end..text.len()).into_any());
    parts.into_any()
}

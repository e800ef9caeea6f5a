//! A tag's glyph: a colour and a shape that always go together, chosen by the name, so that every device agrees.

use leptos::prelude::*;

use crate::components::icon::toned;

const GLYPHS: [(&str, &str); 8] = [
    ("#i-t-circle", "icon tag-sea"),
    ("#i-t-square", "icon tag-moss"),
    ("#i-t-triangle", "icon tag-amber"),
    ("#i-t-diamond", "icon tag-coral"),
    ("#i-t-ring", "icon tag-plum"),
    ("#i-t-hex", "icon tag-iris"),
    ("#i-t-cross", "icon tag-rose"),
    ("#i-t-bar", "icon tag-slate"),
];

/// A number that is the same for a name everywhere.
pub(crate) fn spread(name: &[u8]) -> usize {
    // FNV-1a: spreads short names well, and is a line.
    let hash = name.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    (hash >> 13) as usize
}

pub(crate) fn glyph(name: &[u8]) -> AnyView {
    let (href, class) = GLYPHS[spread(name) % GLYPHS.len()];
    toned(href, class)
}

pub(crate) fn chip(name: &str) -> AnyView {
    view! { <span class="tag" dir="auto">{glyph(name.as_bytes())}<span class="tag-name">{name.to_owned()}</span></span> }.into_any()
}

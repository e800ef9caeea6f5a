//! Projects and sections at a glance: the shape and colour that members gave them, or else those of their id.

use leptos::prelude::*;
use shared::ids::{ProjectId, SectionId};

use crate::components::icon::toned;
use crate::components::tag;
use crate::state::App;

/// The shapes and colours that can be chosen, by their names.
pub(crate) const SHAPES: [(&str, &str); 8] = [
    ("circle", "#i-t-circle"),
    ("square", "#i-t-square"),
    ("triangle", "#i-t-triangle"),
    ("diamond", "#i-t-diamond"),
    ("ring", "#i-t-ring"),
    ("hexagon", "#i-t-hex"),
    ("cross", "#i-t-cross"),
    ("bar", "#i-t-bar"),
];
pub(crate) const COLORS: [(&str, &str); 8] = [
    ("sea", "icon tag-sea"),
    ("moss", "icon tag-moss"),
    ("amber", "icon tag-amber"),
    ("coral", "icon tag-coral"),
    ("plum", "icon tag-plum"),
    ("iris", "icon tag-iris"),
    ("rose", "icon tag-rose"),
    ("slate", "icon tag-slate"),
];

/// The glyph with this icon and color; what is not given, or is another program's word, is chosen by the id.
pub(crate) fn glyph(id: &[u8], icon: Option<&str>, color: Option<&str>) -> AnyView {
    let named = |table: &[(&str, &'static str)], name: Option<&str>| {
        let known = table.iter().find(|(known, _)| Some(*known) == name);
        known.map_or(table[tag::spread(id) % table.len()].1, |(_, value)| *value)
    };
    let glyph = toned(named(&SHAPES, icon), named(&COLORS, color));
    view! { <span class="nav-glyph">{glyph}</span> }.into_any()
}

pub(crate) fn project_glyph(app: App, id: ProjectId) -> AnyView {
    app.projects.with(|projects| {
        let item = projects.iter().find(|item| item.value.id == id);
        let (icon, color) = item.map_or((None, None), |item| (item.value.icon.as_deref(), item.value.color.as_deref()));
        glyph(id.0.as_bytes(), icon, color)
    })
}

pub(crate) fn section_glyph(app: App, id: SectionId) -> AnyView {
    app.views.sections.with(|sections| {
        let section = sections.iter().find(|section| section.id == id);
        let (icon, color) = section.map_or((None, None), |one| (one.icon.as_deref(), one.color.as_deref()));
        glyph(id.0.as_bytes(), icon, color)
    })
}

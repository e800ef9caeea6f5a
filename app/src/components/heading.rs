//! The icon of what tasks stand under, in a list or on a board.

use leptos::prelude::*;
use shared::query::group::{Due, Heading};

use crate::components::avatar::{avatar, nobody};
use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::places::{project_glyph, section_glyph};
use crate::components::tag;
use crate::state::App;

pub(crate) fn heading_icon(app: App, heading: &Heading) -> AnyView {
    match heading {
        Heading::All => ().into_any(),
        Heading::Status(status) => status_icon(*status),
        Heading::Priority(priority) => priority_icon(*priority),
        Heading::Assignee(None) => nobody(),
        Heading::Assignee(Some(id)) => avatar(Some(*id), &app.person_name(*id).unwrap_or_default()),
        Heading::Project(id) => project_glyph(app, *id),
        Heading::Section(None) => icon("#i-list"),
        Heading::Section(Some(id)) => section_glyph(app, *id),
        Heading::Due(Due::Overdue) => icon("#i-warning"),
        Heading::Due(_) => icon("#i-calendar"),
        Heading::Tag(None) => icon("#i-tag"),
        Heading::Tag(Some(tag)) => tag::glyph(tag.as_str().as_bytes()),
    }
}

//! What lists, boards and calendars say.

use shared::query::group::{Due, GroupBy};
use shared::query::sort::SortBy;

use super::today;
use crate::look::{Facet, Layout};
use crate::route::Page;
use crate::state::ui::Naming;

texts! {
    views = "View";
    filters = "Filters";
    filter = "Filter";
    clear_filters = "Clear";
    group_by = "Group by";
    group = "Group";
    sort_by = "Sort by";
    sort = "Sort";
    columns_by = "Columns";
    by_urgency = "Urgency";
    no_section = "No section";
    no_tags = "No tags";
    nobody_assigned = "Nobody assigned";
    me = "Me";
    board = "Board";
    move_to = "Move to";
    move_to_section = "Move to section";
    move_up_here = "Move up";
    move_down_here = "Move down";
    column_empty = "No tasks";
    drop_here = "Drop here";
    previous_month = "Previous month";
    next_month = "Next month";
    previous_week = "Previous week";
    next_week_page = "Next week";
    month = "Month";
    week = "Week";
    no_match = "No task matches these filters";
    no_match_lead = "Take a filter away to see more.";
    clear_all = "Clear filters";
    saved_views = "Saved views";
    save_view = "Save view";
    update_view = "Save these filters in the view";
    share_view = "Share with the team";
    unshare_view = "Keep for yourself";
    view_saved = "View saved";
    view_deleted = "View deleted";
    shared_view = "Shared with the team";
    row_actions = "Actions";
    rename = "Rename";
    new_section = "New section";
    icon_and_color = "Icon and color";
    shape = "Shape";
    color = "Color";
    hide = "Hide";
    unhide = "Show in the navigation";
    archive = "Archive";
    unarchive = "Bring back from the archive";
    section_deleted = "Section deleted";
    show_hidden = "Hidden and archived";
    name = "Name";
    trash_lead = "What is deleted stays here for 90 days.";
}

pub(crate) fn page_name(page: Page) -> &'static str {
    match page {
        Page::My => "My tasks",
        Page::Inbox => "Inbox",
        Page::Today => today(),
        Page::Upcoming => "Upcoming",
        Page::Done => "Done",
        Page::Trash => "Trash",
    }
}

/// What a page says that shows nothing.
pub(crate) fn page_empty(page: Page) -> (&'static str, &'static str) {
    match page {
        Page::My => ("Nothing is assigned to you", "What your team gives you to do shows up here."),
        Page::Inbox => (
            "Nothing to sort",
            "New tasks wait here until somebody gives them a person, a date, a priority or a section.",
        ),
        Page::Today => ("Nothing is due today", "Tasks of yours, or of nobody, that are due show up here."),
        Page::Upcoming => ("Nothing is coming up", "Tasks of yours, or of nobody, that are due later show up here."),
        Page::Done => ("Nothing is done yet", "Finished and cancelled tasks show up here."),
        Page::Trash => ("The trash is empty", trash_lead()),
    }
}

pub(crate) fn layout_name(layout: Layout) -> &'static str {
    match layout {
        Layout::List => "List",
        Layout::Board => board(),
        Layout::Calendar => "Calendar",
    }
}

pub(crate) fn facet_name(facet: Facet) -> &'static str {
    match facet {
        Facet::Status => super::status(),
        Facet::Assignee => "Assignee",
        Facet::Priority => super::priority(),
        Facet::Tag => "Tag",
        Facet::Due => super::due(),
        Facet::Project => super::project(),
        Facet::Section => "Section",
    }
}

/// What can be asked of a due date; `None` for a certain day.
pub(crate) fn due_name(value: &str) -> Option<&'static str> {
    Some(match value {
        "overdue" => "overdue",
        "today" => "today",
        "week" => "within 7 days",
        "some" => "some day",
        "none" => "no date",
        _ => return None,
    })
}

/// "Status is To do, Done", before the value.
pub(crate) fn filter_is(facet: Facet) -> String {
    format!("{} is ", facet_name(facet))
}

pub(crate) fn remove_filter(filter: &str) -> String {
    format!("Remove filter: {filter}")
}

pub(crate) fn group_name(by: GroupBy) -> &'static str {
    match by {
        GroupBy::None => "None",
        GroupBy::Status => super::status(),
        GroupBy::Priority => super::priority(),
        GroupBy::Assignee => "Assignee",
        GroupBy::Project => super::project(),
        GroupBy::Section => "Section",
        GroupBy::Due => super::due_date(),
        GroupBy::Tag => "Tag",
    }
}

pub(crate) fn sort_name(by: SortBy) -> &'static str {
    match by {
        SortBy::Manual => "By hand",
        SortBy::Priority => super::priority(),
        SortBy::Due => super::due_date(),
        SortBy::Start => super::start_date(),
        SortBy::Created => "Created",
        SortBy::Updated => "Updated",
        SortBy::Title => super::title(),
        SortBy::Status => super::status(),
        SortBy::Assignee => "Assignee",
    }
}

pub(crate) fn due_group(due: Due) -> &'static str {
    match due {
        Due::Overdue => "Overdue",
        Due::Today => today(),
        Due::Tomorrow => super::tomorrow(),
        Due::ThisWeek => "This week",
        Due::Later => "Later",
        Due::Past => "Past",
        Due::None => "No due date",
    }
}

pub(crate) fn move_card(key: &str) -> String {
    format!("Move {key}")
}

pub(crate) fn restore_task(key: &str) -> String {
    format!("Restore {key}")
}

pub(crate) fn moved_into(key: &str, name: &str) -> String {
    format!("{key} moved to {name}")
}

/// "HAR-216 moved to In review, 2 of 3"
pub(crate) fn moved_place(key: &str, name: &str, place: usize, all: usize) -> String {
    format!("{key} moved to {name}, {}", super::of(place, all))
}

pub(crate) fn moved_day(key: &str, day: &str) -> String {
    format!("{key} is due {day}")
}

pub(crate) fn more(n: usize) -> String {
    format!("{n} more")
}

pub(crate) fn tasks_by_due(month: &str) -> String {
    format!("{month}, tasks by due date")
}

/// "Friday 20 November, today, 4 tasks"
pub(crate) fn day_label(day: &str, is_today: bool, tasks: usize) -> String {
    let today = if is_today { ", today" } else { "" };
    match tasks {
        0 => format!("{day}{today}, no tasks"),
        1 => format!("{day}{today}, 1 task"),
        n => format!("{day}{today}, {n} tasks"),
    }
}

pub(crate) fn tasks_due(day: &str) -> String {
    format!("Tasks due {day}")
}

pub(crate) fn actions_for_row(name: &str) -> String {
    format!("Actions for {name}")
}

/// What a shape or a colour is called, by the name that is stored.
pub(crate) fn glyph_name(name: &str) -> &'static str {
    match name {
        "circle" => "Circle",
        "square" => "Square",
        "triangle" => "Triangle",
        "diamond" => "Diamond",
        "ring" => "Ring",
        "hexagon" => "Hexagon",
        "cross" => "Cross",
        "bar" => "Bar",
        "sea" => "Sea",
        "moss" => "Moss",
        "amber" => "Amber",
        "coral" => "Coral",
        "plum" => "Plum",
        "iris" => "Iris",
        "rose" => "Rose",
        _ => "Slate",
    }
}

pub(crate) fn naming(naming: Naming) -> &'static str {
    match naming {
        Naming::NewSection(_) => new_section(),
        Naming::NewView => save_view(),
        Naming::Rename(_) => rename(),
    }
}

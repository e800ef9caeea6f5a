//! What a member can do by a name or a key. It is one table: the keyboard acts on it, the palette and the list of
//! shortcuts show it, and docs/keyboard.md is written from it.
//!
//! Keys are written as `c`, `Shift+z`, `Mod+k` (Ctrl, or Cmd on a Mac), `Escape`, or as a row: `g l` is G, then L.

use leptos::prelude::*;

use self::Does::{Choose, Go, Run};
use crate::i18n as t;
use crate::look::Layout;
use crate::route::{Page, Route};
use crate::state::ui::{Menu, Preset};
use crate::state::{App, theme};

/// Something that a member can do.
#[derive(Debug)]
pub(crate) struct Action {
    /// Names it among what was used lately.
    pub(crate) id: &'static str,
    pub(crate) name: fn() -> &'static str,
    /// Nothing for what has no meaning in the palette.
    pub(crate) icon: &'static str,
    pub(crate) keys: &'static [&'static str],
    pub(crate) place: Place,
    pub(crate) does: Does,
}

/// Where an action has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Also over what lies over the page, and while somebody types.
    Everywhere,
    Page,
    /// Leads somewhere else.
    Go,
    /// Where there are tasks to step through.
    List,
    /// It is about the selected tasks, or the one at hand.
    Task,
}

impl Place {
    pub(crate) const ALL: [Self; 5] = [Self::Everywhere, Self::Page, Self::Go, Self::List, Self::Task];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Everywhere => t::place_everywhere(),
            Self::Page => t::place_page(),
            Self::Go => t::place_go(),
            Self::List => t::place_list(),
            Self::Task => t::place_task(),
        }
    }

    pub(crate) fn actions(self) -> impl Iterator<Item = &'static Action> {
        ACTIONS.iter().filter(move |action| action.place == self)
    }
}

#[derive(Debug)]
pub(crate) enum Does {
    /// Says whether it did anything.
    Run(fn(App) -> bool),
    Go(Route),
    /// Lets the member choose a value.
    Choose(Menu),
}

impl Action {
    pub(crate) fn run(&self, app: App) -> bool {
        match &self.does {
            Run(run) => run(app),
            Go(route) => {
                app.go(route.clone());
                true
            }
            Choose(menu) => app.open_menu(*menu),
        }
    }
}

/// The action that a row of keys calls.
pub(crate) fn called(keys: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.keys.contains(&keys))
}

/// Whether some longer row of keys begins so.
pub(crate) fn begins(keys: &str) -> bool {
    let goes_on = |longer: &&str| longer.strip_prefix(keys).is_some_and(|rest| rest.starts_with(' '));
    ACTIONS.iter().any(|action| action.keys.iter().any(&goes_on))
}

const fn action(
    id: &'static str,
    name: fn() -> &'static str,
    icon: &'static str,
    keys: &'static [&'static str],
    place: Place,
    does: Does,
) -> Action {
    Action { id, name, icon, keys, place, does }
}

/// Opens something.
fn shown(open: RwSignal<bool>) -> bool {
    open.set(true);
    true
}

/// For what always does something.
fn always(then: impl FnOnce()) -> bool {
    then();
    true
}

#[rustfmt::skip]
pub(crate) static ACTIONS: &[Action] = &[
    action("commands", t::commands, "", &["Mod+k"], Place::Everywhere, Run(App::toggle_palette)),

    action("new-task", t::new_task, "#i-plus", &["c"], Place::Page, Run(|app| app.new_task(Preset::default()))),
    action("search", t::search, "", &["/"], Place::Page, Run(App::toggle_palette)),
    action("undo", t::undo, "#i-undo", &["z", "Mod+z"], Place::Page, Run(|app| app.undo(None))),
    action("redo", t::redo, "#i-restore", &["Shift+z", "Mod+Shift+z", "Mod+y"], Place::Page, Run(App::redo)),
    action("close", t::close_or_clear, "", &["Escape"], Place::Page, Run(App::escape)),
    action("shortcuts", t::shortcuts, "#i-keyboard", &["?"], Place::Page, Run(|app| shown(app.ui.shortcuts))),
    action("new-project", t::new_project, "#i-plus", &[], Place::Page, Run(|app| shown(app.ui.new_project))),
    action("theme", t::switch_theme, "#i-theme", &[], Place::Page, Run(|_| always(theme::toggle))),
    action("sync", t::sync_now, "#i-cloud-check", &[], Place::Page, Run(|app| always(|| app.host().sync_now()))),
    action("invite", t::invite, "#i-people", &[], Place::Page, Run(|app| shown(app.ui.inviting))),
    action("sign-out", t::sign_out, "#i-out", &[], Place::Page, Run(|app| always(|| app.sign_out()))),

    action("filter", t::filter, "#i-filter", &["f"], Place::Page, Run(App::open_filters)),
    action("list", t::go_to_list, "#i-list", &["g l"], Place::Go, Run(|app| app.show_as(Layout::List))),
    action("board", t::go_to_board, "#i-board", &["g b"], Place::Go, Run(|app| app.show_as(Layout::Board))),
    action("calendar", t::go_to_calendar, "#i-calendar", &["g k"], Place::Go, Run(|app| app.show_as(Layout::Calendar))),
    action("my", || t::page_name(Page::My), "#i-mine", &["g m"], Place::Go, Go(Route::Page(Page::My))),
    action("inbox", || t::page_name(Page::Inbox), "#i-inbox", &["g i"], Place::Go, Go(Route::Page(Page::Inbox))),
    action("today", || t::page_name(Page::Today), "#i-clock", &["t"], Place::Go, Run(App::go_to_today)),
    action("upcoming", || t::page_name(Page::Upcoming), "#i-calendar", &[], Place::Go, Go(Route::Page(Page::Upcoming))),
    action("finished", || t::page_name(Page::Done), "#i-check", &[], Place::Go, Go(Route::Page(Page::Done))),
    action("trash", || t::page_name(Page::Trash), "#i-trash", &[], Place::Go, Go(Route::Page(Page::Trash))),
    action("outbox", t::show_changes, "#i-device-up", &["g o"], Place::Go, Run(|app| shown(app.ui.outbox))),

    action("next", t::next_task, "#i-down", &["j"], Place::List, Run(|app| app.step(1))),
    action("previous", t::previous_task, "#i-up", &["k"], Place::List, Run(|app| app.step(-1))),
    action("open", t::open, "#i-list", &["Enter"], Place::List, Run(App::open_at_cursor)),
    action("select", t::select, "#i-check", &["x"], Place::List, Run(|app| app.on_cursor(|id| app.toggle_selected(id)))),
    action("select-next", t::select_next, "#i-down", &["Shift+j"], Place::List, Run(|app| app.select_on(1))),
    action("select-previous", t::select_previous, "#i-up", &["Shift+k"], Place::List, Run(|app| app.select_on(-1))),
    action("select-group", t::select_this_group, "#i-check", &["Shift+x"], Place::List, Run(App::select_group_of_cursor)),
    action("select-all", t::select_all, "#i-check", &["Mod+a"], Place::List, Run(App::select_all)),

    action("title", t::edit_title, "#i-edit", &["e", "F2"], Place::Task, Run(|app| app.on_cursor(|id| app.edit_title(id)))),
    action("status", t::change_status, "#i-s-progress", &["s"], Place::Task, Choose(Menu::Status)),
    action("priority", t::change_priority, "#i-p-high", &["p"], Place::Task, Choose(Menu::Priority)),
    action("assignees", t::change_assignees, "#i-mine", &["a"], Place::Task, Choose(Menu::Assignees)),
    action("due", t::change_due, "#i-calendar", &["d"], Place::Task, Choose(Menu::Due)),
    action("start", t::change_start, "#i-calendar", &[], Place::Task, Choose(Menu::Start)),
    action("tags", t::change_tags, "#i-tag", &["l"], Place::Task, Choose(Menu::Tags)),
    action("project", t::change_project, "#i-list", &[], Place::Task, Choose(Menu::Project)),
    action("done", t::toggle_done, "#i-check", &["Mod+Enter"], Place::Task, Run(App::toggle_done)),
    action("link", t::copy_link, "#i-link", &[], Place::Task, Run(|app| app.on_cursor(|id| app.copy_link(id)))),
    action("delete", t::delete, "#i-trash", &[], Place::Task, Run(App::delete_at_hand)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    fn file(path: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
    }

    /// A row of keys as the documentation writes it.
    fn written(keys: &str) -> String {
        let stroke = |stroke: &str| stroke.split('+').map(t::key_name).collect::<Vec<_>>().join(" ");
        keys.split(' ').map(stroke).collect::<Vec<_>>().join(" then ")
    }

    fn page() -> String {
        let mut page = "# The keyboard\n\n".to_owned();
        page += "Single keys work while no text is being typed; the dialog that `?` opens has a switch that turns them off. ";
        page += "The second key\nof a row counts for a second and a half. Everything here is also in the palette, ";
        page += "and has a control on the screen.\n\n";
        page += "Written from the table in `app/src/state/actions.rs` by `UPDATE_GOLDEN=1 cargo test -p tern-app keyboard`.\n";
        for place in Place::ALL {
            page += &["\n## ", place.name(), "\n\n| key | what it does |\n|---|---|\n"].concat();
            for action in place.actions().filter(|action| !action.keys.is_empty()) {
                let keys: Vec<String> = action.keys.iter().map(|keys| format!("`{}`", written(keys))).collect();
                page += &["| ", &keys.join(" or "), " | ", (action.name)(), " |\n"].concat();
            }
        }
        page
    }

    #[test]
    fn docs_of_the_keyboard_say_what_the_table_says() {
        let path = file("docs/keyboard.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, page()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), page(), "change the table, then run with UPDATE_GOLDEN=1");
    }

    #[test]
    fn a_key_calls_one_action() {
        let keys: Vec<&str> = ACTIONS.iter().flat_map(|action| action.keys).copied().collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "a key is there twice");
        for key in &keys {
            assert!(!begins(key), "{key} acts before the row that it begins is complete");
            assert!(called(key).is_some());
        }
        assert!(begins("g") && called("g").is_none());
        let ids: BTreeSet<&str> = ACTIONS.iter().map(|action| action.id).collect();
        assert_eq!(ids.len(), ACTIONS.len(), "a name is there twice");
        assert!(ids.iter().all(|id| !id.contains(' ')));
    }

    #[test]
    fn every_icon_is_in_the_sprite() {
        let page = fs::read_to_string(file("frontend/index.html")).unwrap();
        for action in ACTIONS.iter().filter(|action| !action.icon.is_empty()) {
            assert!(page.contains(&format!("id=\"{}\"", &action.icon[1..])), "{}", action.icon);
        }
    }
}

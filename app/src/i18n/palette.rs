//! What the keyboard, the palette, the search and the selection say.

// Actions
texts! {
    commands = "Commands";
    search = "Search";
    redo = "Redo";
    close_or_clear = "Close what is open, then clear the selection";
    shortcuts = "Keyboard shortcuts";
    go_to_list = "Show as a list; again: all tasks";
    go_to_board = "Show as a board";
    go_to_calendar = "Show as a calendar";
    next_task = "Next task";
    previous_task = "Previous task";
    open = "Open task";
    select = "Select task";
    select_next = "Select, and the next task too";
    select_previous = "Select, and the previous task too";
    select_this_group = "Select all tasks of the group";
    select_all = "Select all tasks of the list";
    toggle_done = "Mark as done, or reopen";
    change_status = "Change status";
    change_priority = "Change priority";
    change_assignees = "Assign";
    change_due = "Change due date";
    change_start = "Change start date";
    change_tags = "Change tags";
    change_project = "Move to project";
    move_tasks = "Move";
}

// Undo
texts! {
    undone = "Undone";
    redone = "Done again";
    nothing_to_undo = "There is nothing to undo.";
    nothing_to_redo = "There is nothing to do again.";
}

// Quick add
texts! {
    understood = "Understood";
    quick_hint = "It understands tomorrow, friday, #tag, !high, @person and +project.";
}

// Where actions have a meaning
texts! {
    place_everywhere = "Everywhere";
    place_page = "On every page";
    place_go = "Go to";
    place_list = "In a list";
    place_task = "For the selected tasks, or the one at hand";
}

// Shortcuts
texts! {
    single_keys = "Single-key shortcuts";
    single_keys_lead = "They work while you are not typing. Ctrl or Cmd shortcuts, Enter and Escape keep working without them.";
    key_or = "or";
    key_then = "then";
    key_mod = "Ctrl or Cmd";
}

// Search
texts! {
    search_label = "Search tasks and commands";
    results = "Results";
    recent = "Recent";
    people = "People";
    in_description = "in the description";
    in_notes = "in the notes";
    in_comment = "in a comment";
    no_result = "No task has these words";
    search_tasks = "Search tasks";
    search_lead = "Search looks at titles, keys, descriptions, notes, comments and tags on this device.";
    more_results = "Show more";
    palette_move = "move";
    palette_open = "open";
    palette_back = "back";
    take_off = "Take off";
    no_due_date = "No due date";
    no_start_date = "No start date";
}

/// Says nothing more of a task.
pub(crate) fn keep_as_text(word: &str) -> String {
    format!("Keep “{word}” in the title")
}

/// `"Search: tide"`
pub(crate) fn search_for(query: &str) -> String {
    format!("Search: {query}")
}

pub(crate) fn task_created(title: &str) -> String {
    format!("“{title}” created")
}

pub(crate) fn all_results(query: &str) -> String {
    format!("All results for “{query}”")
}

pub(crate) fn new_task_named(title: &str) -> String {
    format!("New task “{title}”")
}

/// What actions are about: `"On HAR-231"`, `"On 3 tasks"`.
pub(crate) fn on_tasks(key: &str, n: usize) -> String {
    if n == 1 { format!("On {key}") } else { format!("On {n} tasks") }
}

/// An action that asks for more.
pub(crate) fn and_then(action: &str) -> String {
    format!("{action}…")
}

pub(crate) fn searching(n: usize) -> String {
    if n == 1 { "Searching 1 task on this device".to_owned() } else { format!("Searching {n} tasks on this device") }
}

/// As [`searching`], while not all have been read.
pub(crate) fn reading(n: usize) -> String {
    format!("{n} tasks read so far")
}

pub(crate) fn found(n: usize) -> String {
    match n {
        1 => "1 task found".to_owned(),
        _ => format!("{n} tasks found"),
    }
}

pub(crate) fn found_first(n: usize) -> String {
    format!("The {n} best of those found")
}

/// `"Select all in To do"`
pub(crate) fn select_group(group: &str) -> String {
    format!("Select all in {group}")
}

pub(crate) fn tasks_changed(n: usize) -> String {
    format!("{n} tasks changed")
}

pub(crate) fn tasks_moved_away(n: usize) -> String {
    format!("{n} tasks moved to another project")
}

/// What came of undoing a change of so many steps, of which so many still stood.
pub(crate) fn undone_of(stood: usize, all: usize) -> String {
    match stood {
        0 => "Not undone: it has been changed since.".to_owned(),
        _ if stood == all => undone().to_owned(),
        _ => format!("Undone, except for {} that have been changed since.", all - stood),
    }
}

/// What a key is called: on a button, and where keys are listed.
pub(crate) fn key_name(key: &str) -> String {
    match key {
        "Mod" => key_mod().to_owned(),
        "Escape" => "Esc".to_owned(),
        letter if letter.len() == 1 => letter.to_ascii_uppercase(),
        named => named.to_owned(),
    }
}

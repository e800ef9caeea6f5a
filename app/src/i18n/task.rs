//! What an open task says.

use shared::field::Field;

use crate::state::people::Author;

texts! {
    description = "Description";
    add_description = "Add a description";
    notes = "Notes";
    add_notes = "Add notes";
    assignees = "Assignees";
    no_one = "Nobody";
    somebody = "Somebody";
    you = "You";
    start_date = "Start date";
    remove_start = "Remove start date";
    estimate = "Estimate";
    no_number = "An estimate is a whole number.";
    parent = "Part of";
    remove_parent = "Part of no other task";
    find_task = "Find a task";
    no_task_found = "No other task of the project has this in its title.";
    move_to_project = "Move to project";
    move_to_parent = "Move under a task";
    subtasks = "Subtasks";
    add_subtask = "Add subtask";
    subtask_title = "Subtask title";
    add = "Add";
    comments = "Comments";
    no_comments = "Nobody has said anything yet.";
    comment = "Comment";
    write_comment = "Write a comment";
    send = "Send";
    reply = "Reply";
    no_reply = "Do not reply";
    edit = "Edit";
    edit_comment = "Edit comment";
    comment_deleted = "This comment is deleted.";
    comment_was_deleted = "Comment deleted";
    conflict = "Conflict";
    keep_mine = "Keep mine";
    use_theirs = "Use theirs";
    keep_all = "Keep all of them";
    leave_deleted = "Leave deleted";
    restore_with_changes = "Restore with my changes";
}

/// "Ada, Bo, Cleo"
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// "3 of 5"
pub(crate) fn of(done: usize, all: usize) -> String {
    format!("{done} of {all}")
}

pub(crate) fn part_done(title: &str) -> String {
    format!("Done: {title}")
}

pub(crate) fn move_up(title: &str) -> String {
    format!("Move up: {title}")
}

pub(crate) fn open_task(title: &str) -> String {
    format!("Open {title}")
}

pub(crate) fn task_moved(key: &str) -> String {
    format!("{key} moved")
}

pub(crate) fn replying_to(name: &str) -> String {
    format!("Replying to {name}")
}

/// What a field's concurrent values are introduced with.
pub(crate) fn clash(field: Field) -> &'static str {
    match field {
        Field::Assignees => {
            "Several people assigned this task at the same time. All are kept until one of you decides."
        }
        _ => "Two people changed the status at the same time. Choose the one that is right.",
    }
}

/// "Use theirs: Cancelled"
pub(crate) fn choice(label: &str, value: &str) -> String {
    format!("{label}: {value}")
}

pub(crate) fn deleted_by(author: &Author, when: &str) -> String {
    let who = if author.me { you() } else { author.name.as_str() };
    format!("{who} deleted this task ({when}).")
}

/// Tells somebody whose edit lost against a deletion.
pub(crate) fn overruled(title: &str, author: &Author) -> String {
    format!("“{title}” was deleted by {} while you were editing it.", author.name)
}

pub(crate) fn overruled_lead() -> &'static str {
    "Your text is kept."
}

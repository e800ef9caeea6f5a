//! What an open task says.

use shared::field::Field;

use crate::host::RequestError;
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
    attachments = "Attachments";
    attach_files = "Attach files";
    attachment_deleted = "Attachment deleted";
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

pub(crate) fn attached(name: &str) -> String {
    format!("“{name}” is attached")
}

pub(crate) fn download(name: &str) -> String {
    format!("Download {name}")
}

pub(crate) fn delete_file(name: &str) -> String {
    format!("Delete {name}")
}

/// "1.8 MB"
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KB", "MB", "GB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    // In tenths of a unit.
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit < UNITS.len() - 1 {
        (tenths, unit) = (tenths / 1_000, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

pub(crate) fn file_here(size: &str) -> String {
    format!("{size}, on this device, waiting to be uploaded")
}

pub(crate) fn file_sending(size: &str, percent: u8) -> String {
    format!("{size}, uploading {percent}%")
}

pub(crate) fn file_refused(size: &str, reason: &str) -> String {
    format!("{size}, on this device only. {reason}")
}

pub(crate) fn file_elsewhere(size: &str) -> String {
    format!("{size}, not uploaded yet from another device")
}

pub(crate) fn no_content(name: &str, error: &RequestError) -> String {
    match error {
        RequestError::Offline => {
            format!("“{name}” is not on this device, and the server cannot be reached. Try again when you are online.")
        }
        RequestError::Problem(problem) => problem.detail.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn a_size_is_a_few_digits() {
        let sizes = [0, 999, 1_000, 1_849, 999_999, 1_800_000, 104_857_600, 5_000_000_000_000];
        let texts = ["0 bytes", "999 bytes", "1.0 KB", "1.8 KB", "999.9 KB", "1.8 MB", "104.8 MB", "5000.0 GB"];
        assert_eq!(sizes.map(bytes), texts);
    }
}

//! Every word that Tern says, in one place: a component asks for a text by what it means. English so far; another
//! language is another set of answers to the same questions.

use engine::view::Reason;
use shared::account::InvalidAccount;
use shared::field::{Field, TextField};
use shared::ids::Kind;
use shared::mutation::{Op, Refusal};
use shared::protocol::{Problem, kind};
use shared::workflow::{Priority, Status};

use crate::host::RequestError;

macro_rules! texts {
    ($($name:ident = $text:literal;)*) => {
        $(pub(crate) fn $name() -> &'static str { $text })*
    };
}

mod palette;
mod task;
mod views;

pub(crate) use palette::*;
pub(crate) use task::*;
pub(crate) use views::*;

// Shell
texts! {
    app_name = "Tern";
    skip = "Skip to content";
    main_navigation = "Main";
    quick_navigation = "Quick";
    all_tasks = "All tasks";
    tasks = "Tasks";
    projects = "Projects";
    changes_tab = "Changes";
    open_menu = "Open menu";
    close_menu = "Close menu";
    switch_theme = "Switch between light and dark";
    invite = "Invite a teammate";
    sign_out = "Sign out";
    close = "Close";
    cancel = "Cancel";
    not_found_title = "There is nothing at this address";
    not_found_lead = "The link may be incomplete, or made by another version of Tern.";
    to_tasks = "Go to your tasks";
    loading = "Loading tasks";
    open_error = "Tern could not open its storage on this device";
}

// Tasks
texts! {
    new_task = "New task";
    first_task = "Create the first task";
    create_task = "Create task";
    title = "Title";
    edit_title = "Edit title";
    status = "Status";
    priority = "Priority";
    due_date = "Due date";
    due = "Due";
    nothing = "none";
    late = "late";
    today = "Today";
    tomorrow = "Tomorrow";
    next_week = "In a week";
    remove_due = "Remove due date";
    save = "Save";
    tags = "Tags";
    add_tag = "Add tag";
    project = "Project";
    project_name = "Project name";
    new_project = "New project";
    create_project = "Create project";
    default_project = "General";
    key_new = "New";
    mark_done = "Mark as done";
    reopen = "Reopen";
    delete = "Delete";
    copy_link = "Copy link";
    link_copied = "Link copied";
    task_deleted = "Task deleted";
    task_restored = "Task restored";
    undo = "Undo";
    more_actions = "More actions";
    close_task = "Close task";
    back_to_tasks = "Back to tasks";
    task_details = "Task details";
    task_missing = "This task is not on this device";
    task_missing_lead = "It may be deleted, or not synced yet.";
    restore = "Restore";
    selected_tasks = "Selected tasks";
    clear_selection = "Clear selection";
    draft_saved = "Draft saved on this device";
    empty_all = "No tasks yet";
    empty_lead = "Create the first one. It is saved on this device at once, with or without a connection.";
    saved_here = "Saved here";
    saved_here_long = "Saved on this device, not synced yet";
    needs_attention = "Needs attention";
    notifications = "Notifications";
    announcements = "Announcements";
}

// Sync
texts! {
    sync = "Sync";
    sync_status = "Sync status";
    synced = "Synced";
    saving = "Saving on this device";
    local = "Saved on this device";
    offline = "Offline";
    checking = "Syncing";
    on_this_device = "On this device";
    with_your_team = "With your team";
    next_try = "Next try";
    everything_saved = "Everything saved";
    being_saved = "Saving";
    not_yet = "Not yet";
    up_to_now = "Up to now";
    when_back = "when you are back";
    when_changed = "with the next change";
    when_signed_in = "when you have signed in";
    soon = "now";
    sync_now = "Sync now";
    try_now = "Try now";
    show_changes = "Show changes";
    waiting_to_sync = "Waiting to sync";
    outbox_changes = "Changes";
    outbox_offline = "You are offline. Keep going: every change is saved on this device and syncs by itself when you are back.";
    outbox_online = "These changes are saved on this device and are on their way.";
    outbox_empty = "Nothing is waiting. Everything is with your team.";
    waiting_changes = "Waiting changes";
    number_when_synced = "Gets its number when synced";
    try_again = "Try again";
    copy_text = "Copy text";
    text_copied = "Text copied";
    discard_change = "Discard change";
    line_synced = "Everything is saved here and with your team.";
    line_saving = "Writing to this device.";
    line_local = "Everything is saved on this device only. Sign in to share it with your team.";
    line_syncing = "Sending your changes. You can keep working.";
    line_checking = "Checking for changes of your team. You can keep working.";
    line_offline = "You are offline. Everything is saved on this device.";
    blocked_update = "Update Tern to go on syncing. Your changes are safe on this device.";
    blocked_rejected = "Your team's server did not understand this device. Your changes are safe here; an update of Tern may help.";
}

// Banners
texts! {
    update_title = "A new version of Tern is ready";
    update_text = "Your changes are safe. It takes about a second.";
    update_now = "Update now";
    later = "Later";
    install_title = "Install Tern on this device";
    install_text = "Opens in its own window and starts without a connection.";
    install = "Install";
    not_now = "Not now";
}

// Accounts
texts! {
    sign_in = "Sign in";
    sign_in_lead = "One sign-in per device. After that Tern opens without a connection.";
    sign_in_needs = "Signing in needs a connection.";
    create_account = "Create account";
    create_account_lead = "Start a team. To join one, open the link that a teammate sends you.";
    join_lead = "You are invited to a team. It takes a name and a password.";
    have_account = "Already have an account?";
    no_account = "New here?";
    organization = "Organization";
    your_name = "Your name";
    work_email = "Work email";
    password = "Password";
    password_hint = "At least 10 characters.";
    about_tern = "About Tern";
    art_line = "Every change is saved here first. The rest of the journey happens when there is signal.";
    art_small = "Works in a browser, on the desktop and on the phone.";
    invite_lead = "Send this link to one person. Whoever opens it can join your team.";
    invite_link = "Invitation link";
    invite_wait = "Making a link…";
    account_offline = "There is no connection to your team's server. Try again when you are online.";
    wrong_credentials = "The email or the password is not right.";
}

/// `"3 changes"`, `"1 change"`.
pub(crate) fn changes(n: usize) -> String {
    if n == 1 { "1 change".to_owned() } else { format!("{n} changes") }
}

pub(crate) fn page_title(place: &str) -> String {
    format!("{place} · {}", app_name())
}

pub(crate) fn workspace(name: &str) -> String {
    format!("Workspace: {name}")
}

pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Backlog => "Backlog",
        Status::Todo => "To do",
        Status::InProgress => "In progress",
        Status::Blocked => "Blocked",
        Status::InReview => "In review",
        Status::Done => "Done",
        Status::Cancelled => "Cancelled",
    }
}

pub(crate) fn priority_name(priority: Priority) -> &'static str {
    match priority {
        Priority::None => "No priority",
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
        Priority::Urgent => "Urgent",
    }
}

/// A property and its value, as a button says them: `"Status: In progress"`.
pub(crate) fn property(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

pub(crate) fn new_task_in(group: &str) -> String {
    format!("New task in {group}")
}

pub(crate) fn select_task(key: &str) -> String {
    format!("Select {key}")
}

pub(crate) fn task_panel(key: &str) -> String {
    format!("Task {key}")
}

pub(crate) fn actions_for(key: &str) -> String {
    format!("Actions for {key}")
}

pub(crate) fn complete_task(key: &str) -> String {
    format!("Mark {key} as done")
}

pub(crate) fn reopen_task(key: &str) -> String {
    format!("Reopen {key}")
}

pub(crate) fn moved(key: &str, status: Status) -> String {
    format!("{key} moved to {}", status_name(status))
}

pub(crate) fn tasks_moved(n: usize, status: Status) -> String {
    format!("{n} tasks moved to {}", status_name(status))
}

pub(crate) fn tasks_deleted(n: usize) -> String {
    if n == 1 { task_deleted().to_owned() } else { format!("{n} tasks deleted") }
}

pub(crate) fn selected(n: usize) -> String {
    format!("{n} selected")
}

pub(crate) fn remove_tag(tag: &str) -> String {
    format!("Remove tag: {tag}")
}

pub(crate) fn add_this_tag(tag: &str) -> String {
    format!("Add tag: {tag}")
}

pub(crate) fn empty_title(project: Option<&str>) -> String {
    project.map_or_else(|| empty_all().to_owned(), |name| format!("No tasks in {name} yet"))
}

pub(crate) fn waiting(n: usize) -> String {
    format!("{n} waiting")
}

pub(crate) fn syncing(done: usize, total: usize) -> String {
    format!("Syncing {done}/{total}")
}

pub(crate) fn saved_here_count(n: usize) -> String {
    format!("{n} saved here")
}

pub(crate) fn attention(n: usize) -> String {
    if n == 1 { "1 needs attention".to_owned() } else { format!("{n} need attention") }
}

pub(crate) fn line_waiting(n: usize) -> String {
    if n == 1 {
        "Saved on this device. 1 change will sync by itself.".to_owned()
    } else {
        format!("Saved on this device. {n} changes will sync by themselves.")
    }
}

pub(crate) fn line_offline_waiting(n: usize) -> String {
    if n == 1 {
        "1 change is saved on this device and syncs when you are back.".to_owned()
    } else {
        format!("{n} changes are saved on this device and sync when you are back.")
    }
}

pub(crate) fn line_attention(n: usize) -> String {
    if n == 1 {
        "One change needs your choice. Nothing is lost.".to_owned()
    } else {
        format!("{n} changes need your choice. Nothing is lost.")
    }
}

/// Asks for a sign-in and says what becomes of the work of the meantime.
pub(crate) fn sign_in_again(n: usize) -> String {
    match n {
        0 => "Sign in again to sync.".to_owned(),
        1 => "Sign in again to sync. Your change is safe on this device.".to_owned(),
        _ => format!("Sign in again to sync. Your {n} changes are safe on this device."),
    }
}

pub(crate) fn up_to(time: &str) -> String {
    format!("Up to {time}")
}

pub(crate) fn in_seconds(n: i64) -> String {
    format!("in {n} s")
}

pub(crate) fn saved_changes(n: usize) -> String {
    format!("{} saved on this device", changes(n))
}

pub(crate) fn and_more(n: usize) -> String {
    format!("and {n} more")
}

/// What a change is told as that is not part of the work any more, with its reason.
pub(crate) fn refused(reason: &Reason) -> String {
    match reason {
        Reason::PutAside => {
            "You took everything from the server. This change is kept here until you try again or discard it."
                .to_owned()
        }
        Reason::Refused(reason) => {
            format!("Your team's server did not accept this change: {}. Your text is kept.", refusal(reason))
        }
    }
}

/// Why a change is not possible, as part of a sentence.
pub(crate) fn refusal(reason: &Refusal) -> String {
    match reason {
        Refusal::NotFound => "it does not exist any more".to_owned(),
        Refusal::AlreadyExists => "it exists already".to_owned(),
        Refusal::Unknown { kind } => format!("the {} it belongs to does not exist", kind_name(*kind)),
        Refusal::Empty => "it needs a title".to_owned(),
        Refusal::TooLong { limit } => format!("it is longer than {limit} characters"),
        Refusal::InvalidText => "it contains line breaks or characters that cannot be stored".to_owned(),
        Refusal::InvalidTags { limit } => format!("it has more than {limit} tags, or a tag that is empty or too long"),
        Refusal::InvalidValue => "the value does not fit".to_owned(),
        Refusal::Cycle => "a task cannot be a part of itself".to_owned(),
        Refusal::TextBase => "the text has changed too much for this edit to fit".to_owned(),
        Refusal::NotAllowed => "you may not change this".to_owned(),
        Refusal::NothingToUndo => "there is nothing left of it to undo".to_owned(),
        Refusal::Repeated => "it was done already".to_owned(),
    }
}

/// What a thing of this kind is called.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "project",
        Kind::Section => "section",
        Kind::Task => "task",
        Kind::Comment => "comment",
        Kind::Attachment => "file",
        Kind::CustomField => "field",
        Kind::SavedView => "view",
        Kind::Member => "person",
    }
}

/// A change that the member cannot make, said where it was made.
pub(crate) fn not_possible(reason: &Refusal) -> String {
    format!("Not saved: {}.", refusal(reason))
}

pub(crate) fn not_stored(detail: &str) -> String {
    format!("This device could not save the change: {detail}.")
}

/// What a change was to do, in the list of changes.
pub(crate) fn operation(op: &Op) -> &'static str {
    match op {
        Op::Create(create) => match create.entity.kind() {
            Kind::Project => "New project",
            Kind::Section => "New section",
            Kind::Task => "New task",
            Kind::Comment => "Comment",
            Kind::Attachment => "File",
            Kind::CustomField => "New field",
            Kind::SavedView => "New view",
            Kind::Member => "New member",
        },
        Op::TextEdit(edit) => match edit.field {
            TextField::Name => project_name(),
            TextField::Title => title(),
            TextField::Description => description(),
            TextField::Notes => notes(),
            TextField::Body => comment(),
        },
        Op::Write(write) => field(write.field),
        Op::Tags(_) => "Tags",
        Op::Relations(_) => "Relations",
        Op::Undo(_) => "Undo",
        Op::Delete(_) => "Deletion",
        Op::Restore(_) => "Restored",
    }
}

fn field(field: Field) -> &'static str {
    match field {
        Field::Status => "Status",
        Field::Priority => "Priority",
        Field::Due => "Due date",
        Field::Start => start_date(),
        Field::Assignees => assignees(),
        Field::Estimate => estimate(),
        Field::Place => "Position",
        Field::Recurrence => "Recurrence",
        Field::Reminders => "Reminders",
        Field::Reference => "Reference",
        Field::Icon => "Icon",
        Field::Color => "Color",
        Field::Hidden => "Visibility",
        Field::Archived => "Archive",
        Field::Filter => "Filter",
        Field::Shared => "Sharing",
        Field::Private | Field::Access(_) => "Access",
        Field::Owner => "Owner",
        Field::Role => "Role",
        Field::Email => "Email",
        Field::Key | Field::Prefix => "Key",
        Field::Filed => "Finished work",
        Field::Subject | Field::File | Field::Stored => "File",
        Field::FieldType | Field::Custom(_) => "Field",
    }
}

pub(crate) fn account_error(error: &RequestError) -> String {
    match error {
        RequestError::Offline => account_offline().to_owned(),
        RequestError::Problem(Problem { kind: problem, .. }) if problem == kind::CREDENTIALS => {
            wrong_credentials().to_owned()
        }
        RequestError::Problem(problem) => problem.detail.clone(),
    }
}

pub(crate) fn invalid_account(invalid: InvalidAccount) -> &'static str {
    match invalid {
        InvalidAccount::Organization => "Enter an organization name of 1 to 80 characters.",
        InvalidAccount::Name => "Enter your name in 1 to 80 characters.",
        InvalidAccount::Email => "Enter an email address like ada@example.org.",
        InvalidAccount::Password => "Choose a password of 10 to 128 characters.",
    }
}

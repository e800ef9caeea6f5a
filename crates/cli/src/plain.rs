//! What is shown to programs: rows as the JSON that REST gives them (docs/api.md), and how far each has got.

use engine::view::{Item, Mark, TaskItem, View};
use serde_json::{Map, Value as Json, json};
use shared::clock::Actor;
use shared::comment::CommentView;
use shared::member::MemberView;
use shared::project::ProjectView;
use shared::row::Row;
use shared::task::TaskView;
use shared::value::Value;

use crate::machine::rfc3339;

/// A task. `row` has what the view leaves out.
pub(crate) fn task(item: &TaskItem, row: Option<&Row>) -> Json {
    let TaskView { id, project, section, parent, order, key, title, description, notes, .. } = &item.value;
    let TaskView { status, priority, assignees, due, start, estimate, tags, relations, .. } = &item.value;
    let TaskView { recurrence, reference, deleted, created_at, updated, .. } = &item.value;
    let custom: Map<String, Json> =
        item.value.custom.iter().map(|(id, value)| (id.to_string(), custom(value))).collect();
    let unsettled: Vec<String> = item.value.unsettled.iter().map(|(field, _)| field.to_string()).collect();
    let reminders: Vec<_> = item.value.reminders.iter().filter_map(|at| rfc3339(*at)).collect();
    json!({
        "id": id, "key": key, "title": title, "description": description, "notes": notes,
        "status": status, "priority": priority, "project": project, "section": section, "parent": parent,
        "order": order, "assignees": assignees, "due": due, "start": start, "estimate": estimate, "tags": tags,
        "relations": relations, "custom": custom, "recurrence": recurrence, "reminders": reminders,
        "reference": reference, "unsettled": unsettled, "deleted": deleted, "version": row.map_or(0, |row| row.ver),
        "created_at": rfc3339(*created_at), "updated_at": rfc3339(updated.at), "mark": mark(item.mark),
    })
}

/// What a custom field can hold.
fn custom(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(date),
        Value::Flag(flag) => json!(flag),
        Value::People(people) => json!(people),
        // No custom field holds anything else.
        _ => Json::Null,
    }
}

/// How far something has got.
pub(crate) fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::None => "synced",
        Mark::Waiting => "waiting",
        Mark::Attention => "attention",
    }
}

/// A comment; `me` is this device.
pub(crate) fn comment(item: &Item<CommentView>, me: Actor) -> Json {
    let CommentView { id, task, reply_to, body, created, updated, deleted } = &item.value;
    json!({
        "id": id, "task": task, "reply_to": reply_to, "body": body, "deleted": deleted, "mine": created.actor == me,
        "created_at": rfc3339(created.at), "updated_at": rfc3339(updated.at), "mark": mark(item.mark),
    })
}

pub(crate) fn project(item: &Item<ProjectView>) -> Json {
    let ProjectView { id, name, description, order, prefix, icon, color, hidden, archived, deleted, .. } = &item.value;
    json!({
        "id": id, "name": name, "description": description, "order": order, "prefix": prefix, "icon": icon,
        "color": color, "hidden": hidden, "archived": archived, "deleted": deleted, "mark": mark(item.mark),
    })
}

pub(crate) fn person(member: &MemberView) -> Json {
    let MemberView { id, name, email, role, gone } = member;
    json!({ "id": id, "name": name, "email": email, "role": role, "gone": gone })
}

/// The comments on a task that stand, the oldest first.
pub(crate) fn comments_on(view: &View, task: shared::ids::TaskId) -> Vec<&Item<CommentView>> {
    let mut comments: Vec<_> =
        view.comments.values().filter(|item| item.value.task == task && !item.value.deleted).collect();
    comments.sort_by_key(|item| (item.value.created.at, item.value.id));
    comments
}

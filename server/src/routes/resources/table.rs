//! The routes of rows: the same for every kind, because a row is a row. What each takes and answers is read off the table
//! of fields.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use shared::ids::Kind;
use shared::protocol::kind as problem;

use super::super::once;
use super::asked::{self, MOST};
use super::{
    CHANGES, archive, create, delete, history, list, me, on_task, patch, patch_many, put_on_task, search, show,
};
use crate::domain::resource::{self, Told};
use crate::openapi::{Api, Operation, op, row};

/// What rows of a kind are called in a path.
pub const COLLECTIONS: [(&str, Kind); 9] = [
    ("projects", Kind::Project),
    ("sections", Kind::Section),
    ("tasks", Kind::Task),
    // As earlier clients call them.
    ("tickets", Kind::Task),
    ("comments", Kind::Comment),
    ("attachments", Kind::Attachment),
    ("fields", Kind::CustomField),
    ("views", Kind::SavedView),
    ("users", Kind::Member),
];

/// What is said of tasks, by what it is called in the path of a task.
const ON_TASKS: [(&str, Kind); 2] = [("comments", Kind::Comment), ("attachments", Kind::Attachment)];

/// Where one row of a kind is shown. At the address of an attachment is its content.
pub(super) fn address(name: &str, kind: Kind) -> String {
    if kind == Kind::Attachment { format!("/api/{name}/{{id}}/about") } else { format!("/api/{name}/{{id}}") }
}

/// Every path of every kind.
pub(crate) fn routes(api: &mut Api) {
    for (name, kind) in COLLECTIONS {
        reading(api, name, kind);
        // Members are written by the server alone.
        if kind != Kind::Member {
            writing(api, name, kind);
        }
        if kind == Kind::Task {
            for (part, of) in ON_TASKS {
                let path = format!("/api/{name}/{{id}}/{part}");
                let all = op(name, format!("Those of a task among the {part}")).bearer().id("id", "The task.");
                let all = all.query(asked::parameters(of).into_iter().filter(|one| one.name() != "task"));
                api.get(&path, move |app, who, id, asked| on_task(of, app, who, id, asked), paged(all, of));
                let new = op(name, format!("Put one on a task among the {part}")).id("id", "The task.");
                let new = made(new.writes().takes_as(without_task(of), example_without_task(of)), of);
                api.post(&path, move |app, who, id, body| put_on_task(of, part, app, who, id, body), new);
            }
        }
    }
    let away = changed(op("projects", "Put a project aside").about("As `PATCH` with `{\"archived\": true}`."));
    api.post("/api/projects/{id}/archive", archive, shown(away, Kind::Project));
    search::routes(api);
    let oneself = op("users", "Oneself").bearer();
    api.get("/api/users/me", me, shown(oneself, Kind::Member));
}

fn reading(api: &mut Api, name: &'static str, kind: Kind) {
    let all = op(name, format!("A list of {name}")).bearer().query(asked::parameters(kind));
    api.get(&format!("/api/{name}"), move |app, who, asked| list(kind, app, who, asked), paged(all, kind));
    let one = op(name, format!("One of the {name}")).bearer().id("id", "Which one.");
    let one = one.header("If-None-Match", "The tag of what is known already.", "\"17\"");
    let one = shown(one, kind).gives_nothing(StatusCode::NOT_MODIFIED, "It is still what is known already.");
    let one = one.with_header("ETag", "The version.");
    api.get(&address(name, kind), move |app, who, id, headers| show(kind, app, who, id, headers), one);
    let past = op(name, format!("What was done to one of the {name}")).bearer().id("id", "Which one.");
    let past = past.about("The latest first.").query(asked::history_parameters());
    let past = past.gives_as(StatusCode::OK, "A page.", page(&entry_schema()), page_example(&entry_example()));
    api.get(
        &format!("/api/{name}/{{id}}/history"),
        move |app, who, id, asked| history(kind, app, who, id, asked),
        past,
    );
}

fn writing(api: &mut Api, name: &'static str, kind: Kind) {
    let path = format!("/api/{name}");
    if kind != Kind::Attachment {
        // At the collection of attachments, sending a content begins; the rows are made at their tasks.
        let new = op(name, format!("Make one of the {name}, or several")).writes();
        let new = new.about(format!("A list of at most {CHANGES} is answered with 207, a status for each."));
        let one = row(kind, Told::New);
        let body = json!({ "anyOf": [one, { "type": "array", "items": one, "maxItems": CHANGES }] });
        let new = made(new.takes_as(body, resource::example(kind, Told::New)), kind);
        let new = several(new, kind, StatusCode::CREATED);
        api.post(&path, move |app, who, body| create(name, kind, app, who, body), new);
    }
    let many = op(name, format!("Change several of the {name}")).writes();
    let items = json!({ "allOf": [row(kind, Told::Changed)], "required": ["id"] });
    let mut change = resource::example(kind, Told::Changed);
    let alone = change.clone();
    change["id"] = resource::example(kind, Told::Shown)["id"].clone();
    let body = json!({ "type": "array", "items": items, "maxItems": CHANGES });
    let many = several(repeatable(many).takes_as(body, json!([change])), kind, StatusCode::OK);
    api.patch(&path, move |app, who, body| patch_many(kind, app, who, body), many);

    let path = format!("{path}/{{id}}");
    let one = op(name, format!("Change one of the {name}")).takes_as(row(kind, Told::Changed), alone);
    let one = one.about(
        "JSON Merge Patch (RFC 7396). With `version`, the one that its author looked at, it is merged like any change \
         that was made beside others.",
    );
    let one = shown(changed(one), kind);
    api.patch(&path, move |app, who, id, headers, body| patch(kind, app, who, id, headers, body), one);
    let gone =
        op(name, format!("Delete one of the {name}")).about("`PATCH` with `{\"deleted\": false}` brings it back.");
    let gone = changed(gone).gives_nothing(StatusCode::NO_CONTENT, "It is deleted.");
    api.delete(&path, move |app, who, id, headers, key| delete(kind, app, who, id, headers, key), gone);
}

/// A request that can be repeated under its key.
fn repeatable(operation: Operation) -> Operation {
    operation
        .header(
            once::NAME,
            "A new one for each request: a repeat of the request with its key, also when the answer was lost, is answered \
             the same and changes nothing, for at least 24 hours.",
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
        )
        .problem(StatusCode::BAD_REQUEST, problem::INVALID)
        .problem(StatusCode::CONFLICT, problem::UNDERWAY)
        .problem(StatusCode::UNPROCESSABLE_ENTITY, problem::KEY_USED)
}

/// A change of one row.
fn changed(operation: Operation) -> Operation {
    repeatable(operation)
        .writes()
        .id("id", "Which one.")
        .header("If-Match", "The tag that the row must still have.", "\"17\"")
        .problem(StatusCode::BAD_REQUEST, problem::INVALID)
        .problem(StatusCode::PRECONDITION_FAILED, problem::CHANGED)
        .problem(StatusCode::UNPROCESSABLE_ENTITY, problem::INVALID)
}

fn shown(operation: Operation, kind: Kind) -> Operation {
    let example = resource::example(kind, Told::Shown);
    operation
        .gives_as(StatusCode::OK, "As it is now.", row(kind, Told::Shown), example)
        .with_header("ETag", "The version.")
}

fn made(operation: Operation, kind: Kind) -> Operation {
    let example = resource::example(kind, Told::Shown);
    repeatable(operation)
        .problem(StatusCode::CONFLICT, problem::TAKEN)
        .gives_as(StatusCode::CREATED, "As it is now.", row(kind, Told::Shown), example)
        .with_header("ETag", "The version.")
        .with_header("Location", "Where it is.")
}

fn paged(operation: Operation, kind: Kind) -> Operation {
    let example = page_example(&resource::example(kind, Told::Shown));
    operation.gives_as(StatusCode::OK, "A page.", page(&row(kind, Told::Shown)), example)
}

fn page(items: &Json) -> Json {
    json!({
        "type": "object", "required": ["items", "next_cursor"], "additionalProperties": false,
        "properties": {
            "items": { "type": "array", "items": items, "maxItems": MOST },
            "next_cursor": { "type": ["string", "null"], "description": "For `cursor`; `null` on the last page." },
        },
    })
}

fn page_example(item: &Json) -> Json {
    json!({ "items": [item], "next_cursor": null })
}

fn several(operation: Operation, kind: Kind, good: StatusCode) -> Operation {
    let done = json!({
        "type": "object", "required": ["status", "item"], "additionalProperties": false,
        "properties": { "status": { "const": good.as_u16() }, "item": row(kind, Told::Shown) },
    });
    let undone = json!({
        "type": "object", "required": ["status", "problem"], "additionalProperties": false,
        "properties": {
            "status": { "type": "integer", "minimum": 400 }, "problem": { "$ref": "#/components/schemas/Problem" },
        },
    });
    let schema = json!({
        "type": "object", "required": ["results"], "additionalProperties": false,
        "properties": { "results": { "type": "array", "items": { "anyOf": [done, undone] } } },
    });
    let item = resource::example(kind, Told::Shown);
    let example = json!({ "results": [{ "status": good.as_u16(), "item": item }] });
    operation.gives_as(StatusCode::MULTI_STATUS, "A status for each, in the order of the request.", schema, example)
}

/// What is put on a task, which the path names.
fn without_task(kind: Kind) -> Json {
    let mut schema = resource::schema(kind, Told::New);
    if let Some(needed) = schema["required"].as_array_mut() {
        needed.retain(|name| name != "task");
    }
    schema
}

fn example_without_task(kind: Kind) -> Json {
    let mut example = resource::example(kind, Told::New);
    if let Some(object) = example.as_object_mut() {
        object.remove("task");
    }
    example
}

fn entry_schema() -> Json {
    let id = json!({ "type": "string", "format": "uuid" });
    let number = json!({ "type": "integer", "minimum": 0 });
    json!({
        "type": "object", "required": ["version", "mutation", "author", "at", "operation"], "additionalProperties": false,
        "properties": {
            "version": number,
            "mutation": { "type": "object", "required": ["actor", "n"], "properties": { "actor": number, "n": number } },
            "author": {
                "type": ["object", "null"], "required": ["user", "device", "device_name"],
                "properties": { "user": id, "device": id, "device_name": { "type": "string" } },
                "description": "`null`: the server itself.",
            },
            "at": { "type": ["string", "null"], "format": "date-time" },
            "operation": { "type": "object", "description": "As devices push it (docs/sync.md)." },
        },
    })
}

fn entry_example() -> Json {
    let id = "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81";
    json!({
        "version": 17, "mutation": { "actor": 3, "n": 4 }, "at": "2026-03-01T09:00:00Z",
        "author": { "user": id, "device": id, "device_name": "Nightly report" },
        "operation": { "delete@1": { "task": id } },
    })
}

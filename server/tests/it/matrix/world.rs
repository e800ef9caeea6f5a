//! Somebody of every role, and rows of every kind: open to them, closed, of another organization, and nowhere.

use std::collections::BTreeMap;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value as Json, json};
use shared::ids::Kind;
use uuid::Uuid;

use super::{Role, Target};
use crate::attachments;
use crate::contract::DOCUMENT;
use crate::harness::{Device, Server};
use crate::rest::{Program, good};

/// What is in every file: an image of one point, so that there is a picture of it, too.
const CONTENT: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A file of rows.
const ROWS: &[u8] = b"title\nMend the net\n";

/// One try of an operation.
pub(super) struct Attempt<'a> {
    /// Where the operation stands in the document.
    pub(super) at: &'a str,
    pub(super) path: &'a str,
    pub(super) method: &'a Method,
    pub(super) role: Role,
    pub(super) target: Target,
}

/// What there is to name.
type Names = BTreeMap<&'static str, Uuid>;

pub(super) struct World<'a> {
    server: &'a Server,
    owner: Device<'a>,
    admin: Device<'a>,
    member: Device<'a>,
    guest: Device<'a>,
    outsider: Device<'a>,
    reader: Program<'a>,
    open: Names,
    closed: Names,
    foreign: Names,
}

/// What rows are called in a body or by a path.
const KINDS: [(&str, Kind); 8] = [
    ("project", Kind::Project),
    ("section", Kind::Section),
    ("task", Kind::Task),
    ("comment", Kind::Comment),
    ("attachment", Kind::Attachment),
    ("field", Kind::CustomField),
    ("view", Kind::SavedView),
    ("user", Kind::Member),
];

async fn make(device: &Device<'_>, name: &str, body: &Json) -> Uuid {
    let made = device.request(Method::POST, &format!("/api/{name}")).json(body).send().await.unwrap();
    good(made, StatusCode::CREATED).await["id"].as_str().unwrap().parse().unwrap()
}

/// A row of every kind, in a project of its own.
async fn furnish(device: &Device<'_>, project: &Json, shared: bool) -> Names {
    let project = make(device, "projects", project).await;
    let task = make(device, "tasks", &json!({ "title": "Mend the net", "project": project })).await;
    let file = json!({ "name": "harbour.gif", "file": attachments::facts(CONTENT) });
    let attachment = make(device, &format!("tasks/{task}/attachments"), &file).await;
    attachments::upload(device, shared::ids::AttachmentId(attachment), CONTENT).await;
    BTreeMap::from([
        ("project", project),
        ("task", task),
        ("attachment", attachment),
        ("section", make(device, "sections", &json!({ "name": "Sails", "project": project })).await),
        ("comment", make(device, "comments", &json!({ "body": "Done", "task": task })).await),
        ("field", make(device, "fields", &json!({ "name": "Size", "field_type": "text" })).await),
        ("view", make(device, "views", &json!({ "name": "Mine", "filter": "{}", "shared": shared })).await),
    ])
}

/// A webhook.
async fn webhook(device: &Device<'_>) -> Uuid {
    make(device, "webhooks", &json!({ "url": "https://hooks.example.org/" })).await
}

/// A delivery of it.
async fn delivery(device: &Device<'_>, webhook: Uuid) -> Uuid {
    let ping = device.request(Method::POST, &format!("/api/webhooks/{webhook}/ping")).send().await.unwrap();
    good(ping, StatusCode::ACCEPTED).await["id"].as_str().unwrap().parse().unwrap()
}

async fn token(device: &Device<'_>) -> Uuid {
    make(device, "tokens", &json!({ "name": "t", "access": "read" })).await
}

async fn feed(device: &Device<'_>) -> Uuid {
    make(device, "feeds", &json!({ "name": "f" })).await
}

impl<'a> World<'a> {
    pub(super) async fn make(server: &'a Server) -> Self {
        let owner = server.register("ines@saltmarsh.example").await;
        let admin = server.join(&owner, "ada@saltmarsh.example").await;
        let member = server.join(&owner, "bo@saltmarsh.example").await;
        let guest = server.join(&owner, "gus@saltmarsh.example").await;
        let outsider = server.register("eve@elsewhere.example").await;
        for (device, role) in [(&admin, "admin"), (&guest, "guest")] {
            let path = format!("/api/members/{}", device.session.account.user);
            let given = owner.request(Method::PATCH, &path).json(&json!({ "role": role })).send().await.unwrap();
            assert_eq!(given.status(), StatusCode::OK);
        }
        let reader = Program::of(&admin, "read").await;
        let none = Names::new();
        let (open, closed, foreign) = (none.clone(), none.clone(), none);
        let mut world = Self { server, owner, admin, member, guest, outsider, reader, open, closed, foreign };
        world.refresh().await;
        world
    }

    /// Rows that nobody has touched.
    pub(super) async fn refresh(&mut self) {
        for (device, names) in [(&self.owner, &self.open), (&self.outsider, &self.foreign)] {
            if let Some(before) = names.get("webhook") {
                let path = format!("/api/webhooks/{before}");
                device.request(Method::DELETE, &path).send().await.unwrap(); // or there would be too many
            }
        }
        for (device, names) in [(&self.owner, &self.closed), (&self.outsider, &self.foreign)] {
            if let Some(before) = names.get("feed") {
                device.request(Method::DELETE, &format!("/api/feeds/{before}")).send().await.unwrap();
            }
        }
        let access = json!({ self.guest.session.account.user.to_string(): "guest" });
        self.open = furnish(&self.owner, &json!({ "name": "Open", "access": access }), true).await;
        self.closed = furnish(&self.owner, &json!({ "name": "Closed", "private": true }), false).await;
        // Of fields and members there are none that are closed.
        self.closed.insert("field", Uuid::now_v7());
        self.closed.insert("token", token(&self.owner).await);
        self.closed.insert("device", self.owner.id);
        self.closed.insert("feed", feed(&self.owner).await);
        self.foreign = furnish(&self.outsider, &json!({ "name": "Theirs" }), true).await;
        self.foreign.insert("user", self.outsider.session.account.user.0);
        self.foreign.insert("token", token(&self.outsider).await);
        self.foreign.insert("device", self.outsider.id);
        self.foreign.insert("feed", feed(&self.outsider).await);
        for (device, names) in [(&self.owner, &mut self.open), (&self.outsider, &mut self.foreign)] {
            let id = webhook(device).await;
            names.insert("webhook", id);
            names.insert("delivery", delivery(device, id).await);
        }
        // Of these there are none that are closed.
        self.closed.insert("webhook", Uuid::now_v7());
        self.closed.insert("organization", Uuid::now_v7());
        self.foreign.insert("organization", self.outsider.session.account.organization.0);
        self.closed.insert("delivery", Uuid::now_v7());
    }

    fn device(&self, role: Role) -> Option<&Device<'a>> {
        match role {
            Role::Nobody | Role::Reader => None,
            Role::Outsider => Some(&self.outsider),
            Role::Guest => Some(&self.guest),
            Role::Member => Some(&self.member),
            Role::Admin => Some(&self.admin),
        }
    }

    fn request(&self, role: Role, method: &Method, path: &str) -> RequestBuilder {
        match (self.device(role), role) {
            (Some(device), _) => device.request(method.clone(), path),
            (None, Role::Reader) => self.reader.request(method.clone(), path),
            (None, _) => self.server.request(method.clone(), path),
        }
    }

    /// What somebody names. Of what ends when it is used, a new one.
    async fn name(&self, what: &'static str, attempt: &Attempt<'_>) -> Uuid {
        let own = self.device(attempt.role).unwrap_or(&self.admin);
        match (attempt.target, what) {
            (Target::Absent, _) | (Target::Closed, "user") => Uuid::now_v7(),
            // An outsider's own things are of their own organization.
            (Target::Foreign, "token" | "device" | "user" | "feed") if attempt.role == Role::Outsider => {
                if what == "user" { self.owner.session.account.user.0 } else { self.closed[what] }
            }
            (Target::Foreign, _) if attempt.role == Role::Outsider => self.closed[what],
            (Target::Foreign, _) => self.foreign[what],
            (Target::Closed, _) => self.closed[what],
            (Target::Open, "webhook") if *attempt.method == Method::DELETE => webhook(&self.owner).await,
            (Target::Open, "organization") => own.session.account.organization.0,
            (Target::Open, "token") => token(own).await,
            (Target::Open, "feed") => feed(own).await,
            (Target::Open, "device") => {
                let id = Uuid::now_v7();
                self.server.login(&own.session.account.email, id).await;
                id
            }
            (Target::Open, "user") if attempt.path.contains("/members/") => {
                let somebody = format!("{}@saltmarsh.example", Uuid::now_v7().simple());
                self.server.join(&self.owner, &somebody).await.session.account.user.0
            }
            (Target::Open, "user") => self.owner.session.account.user.0,
            (Target::Open, _) => self.open[what],
        }
    }

    /// Tries an operation with the document's own example, about what is to be tried. Of changes of several rows, what came of the
    /// one.
    pub(super) async fn attempt(&self, attempt: &Attempt<'_>) -> (StatusCode, Json) {
        let Attempt { at, path, method, role, .. } = *attempt;
        let collection = path.split('/').nth(2).unwrap_or_default();
        let named = what(collection);
        let mut path = path.replace("{n}", "0");
        if path.contains('{') {
            let id = self.name(named, attempt).await.to_string();
            path = path.replace("{id}", &id).replace("{user}", &id);
        }
        if path.contains("{delivery}") {
            path = path.replace("{delivery}", &self.name("delivery", attempt).await.to_string());
        }
        let mut request = self.request(role, method, &path);
        if path == "/api/import" {
            let project = self.name("project", attempt).await.to_string();
            request = request.query(&[("project", project)]);
        }
        let operation = DOCUMENT.pointer(at).unwrap();
        let contents = &operation["requestBody"]["content"];
        if contents["application/octet-stream"].is_object() {
            request = request.body(if path == "/api/import" { ROWS } else { CONTENT });
        }
        if let Some(example) = contents["application/json"].get("example") {
            request = request.json(&self.body(example, named, attempt).await);
        }
        let needed = operation["parameters"].as_array().unwrap().iter();
        for one in needed.filter(|one| one["in"] == "query" && one["required"] == true) {
            request = request.query(&[(one["name"].as_str().unwrap(), one["schema"]["examples"][0].as_str().unwrap())]);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let json = response.headers().get(CONTENT_TYPE).is_some_and(|one| one.to_str().unwrap().ends_with("json"));
        let body = response.text().await.unwrap();
        let body = if json { serde_json::from_str(&body).unwrap() } else { json!(body) };
        if status != StatusCode::MULTI_STATUS {
            return (status, body);
        }
        let one = &body["results"][0];
        let status = StatusCode::from_u16(u16::try_from(one["status"].as_u64().unwrap()).unwrap()).unwrap();
        (status, one["problem"].clone())
    }

    /// The example, with the names of what is there in the place of those that it makes up.
    async fn body(&self, example: &Json, named: &'static str, attempt: &Attempt<'_>) -> Json {
        let mut body = example.clone();
        let account = self.device(attempt.role).map(|device| &device.session.account);
        match body.as_array_mut() {
            Some(all) => all[0]["id"] = json!(self.name(named, attempt).await),
            None => {
                for (name, _) in KINDS.iter().filter(|(name, _)| ["project", "task", "attachment"].contains(name)) {
                    if body.get(name).is_some() {
                        body[name] = json!(self.name(name, attempt).await);
                    }
                }
            }
        }
        if attempt.path.ends_with("/resume") {
            body["history"]["actor"] = json!(77_777);
        } else if attempt.path.ends_with("/sync/push") || attempt.path.ends_with("/sync/pull") {
            let account = account.unwrap_or(&self.admin.session.account);
            body["actor"] =
                json!(if attempt.role == Role::Reader { self.actor_of_reader().await } else { account.actor });
            body["epoch"] = json!(account.epoch);
        } else if attempt.path.ends_with("/register") || attempt.path.ends_with("/login") {
            body["email"] = json!(format!("{}@elsewhere.example", Uuid::now_v7().simple()));
            body["device"]["id"] = json!(Uuid::now_v7());
        } else if attempt.path == "/api/attachments" && body.is_object() {
            let facts = attachments::facts(CONTENT);
            body["size"] = json!(facts.bytes);
            body["sha256"] = json!(facts.sha256);
        }
        body
    }

    async fn actor_of_reader(&self) -> u32 {
        let token = good(self.admin.request(Method::GET, "/api/tokens").send().await.unwrap(), StatusCode::OK).await;
        let id: Uuid = token["items"][0]["id"].as_str().unwrap().parse().unwrap();
        let actor: i64 = sqlx::query_scalar("SELECT actor FROM sessions WHERE family = $1")
            .bind(id)
            .fetch_one(&mut self.server.owner().await)
            .await
            .unwrap();
        actor.try_into().unwrap()
    }
}

/// What an id in the paths of a collection is of.
fn what(collection: &str) -> &'static str {
    match collection {
        "tickets" => "task",
        "members" | "users" => "user",
        "tokens" => "token",
        "devices" => "device",
        "feeds" => "feed",
        "organizations" => "organization",
        "webhooks" => "webhook",
        other => KINDS.iter().find(|(name, _)| other.strip_suffix('s') == Some(name)).map_or("task", |(name, _)| name),
    }
}

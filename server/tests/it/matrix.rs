//! Who may do what: every operation of the document × every role × what is theirs, closed to them, another organization's
//! or nowhere. An operation that nobody has decided about fails here, and what is not theirs and what is not there are
//! answered the same, to the letter.

mod world;

use reqwest::{Method, StatusCode};
use shared::ids::Kind;
use tern_server::router::COLLECTIONS;

use crate::harness::Server;
use crate::openapi::operations;
use world::{Attempt, World};

/// Who asks, those first who change least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Nobody,
    /// A program of the admin's that may only read.
    Reader,
    /// An owner of another organization.
    Outsider,
    /// A guest, let into the open project.
    Guest,
    Member,
    Admin,
}

const ROLES: [Role; 6] = [Role::Nobody, Role::Reader, Role::Outsider, Role::Guest, Role::Member, Role::Admin];

/// What an attempt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// In the open project, or one's own.
    Open,
    /// In a private project of the owner's, or the owner's own.
    Closed,
    /// Another organization's.
    Foreign,
    Absent,
}

const TARGETS: [Target; 4] = [Target::Open, Target::Closed, Target::Foreign, Target::Absent];

/// What was decided about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Always answered with this, whoever asks.
    Always(u16),
    /// For everybody who is signed in, with this.
    SignedIn(u16),
    /// The same, but not for programs that may only read.
    Writers(u16),
    /// The same, but not for guests either.
    NoGuests(u16),
    /// Shows a row of this kind.
    Shows(Kind),
    /// Changes one.
    Changes(Kind),
    /// Takes managing its project.
    Manages,
    /// Puts one of this kind on a task that the path names.
    PutsOnTask(Kind),
    /// Makes one that says where it is.
    Makes(Kind),
    /// Gives out a file, or a picture of it.
    Gives,
    /// Takes a part of a file.
    Takes,
    /// Takes a file of rows into a project.
    Imports,
    /// Changes a member; with this.
    OfMembers(u16),
    /// Changes what is one's own, such as a token; with this.
    OfOnesOwn(u16),
    /// Shows what is one's own, with this.
    ShowsOnesOwn(u16),
    /// For admins, with this.
    Admins(u16),
    /// Shows admins something of the organization, with this.
    ShowsAdmins(u16),
    /// Lets them change it, with this.
    OfAdmins(u16),
}

/// What was decided about an operation; `None`: nothing.
fn rule(method: &Method, path: &str) -> Option<Rule> {
    let operation = format!("{method} {path}");
    Some(match operation.as_str() {
        "GET /api/health" | "GET /api/schema" | "GET /api/docs" | "GET /api/graphql" => Rule::Always(200),
        "POST /api/auth/register" => Rule::Always(201),
        // Without the right password or cookie nothing helps.
        "POST /api/auth/login" | "POST /api/auth/refresh" => Rule::Always(401),
        // An id is no secret.
        "GET /api/feeds/{id}" => Rule::Always(404),
        "POST /api/import" => Rule::Imports,
        "GET /api/ws" | "GET /api/graphql/ws" => Rule::Always(426),
        "POST /api/auth/logout" => Rule::Always(204),
        // Of an actor that is nobody's.
        // The same of a conflict that is none; where there is one, earlier::conflicts tries who may.
        "POST /api/auth/resume" | "POST /api/sync/conflicts/{id}/resolve" => Rule::Writers(404),
        "GET /api/tokens"
        | "GET /api/devices"
        | "GET /api/feeds"
        | "GET /api/export"
        | "GET /api/users/me"
        | "GET /api/organizations"
        | "GET /api/search"
        | "POST /api/ws/ticket"
        | "GET /api/sync/conflicts"
        // Who may do what by GraphQL, `graphql` asks for each field.
        | "POST /api/graphql"
        | "POST /api/sync/pull" => Rule::SignedIn(200),
        // Each change of the one has an answer of its own.
        "POST /api/sync/push" | "POST /api/sync" => Rule::Writers(200),
        "POST /api/tokens" | "POST /api/views" | "POST /api/feeds" => Rule::Writers(201),
        "POST /api/invitations" | "POST /api/projects" | "POST /api/fields" => Rule::NoGuests(201),
        "PATCH /api/members/{user}" => Rule::OfMembers(200),
        "DELETE /api/members/{user}" => Rule::OfMembers(204),
        "DELETE /api/tokens/{id}" | "DELETE /api/devices/{id}" | "DELETE /api/feeds/{id}" => Rule::OfOnesOwn(204),
        "PATCH /api/devices/{id}" => Rule::OfOnesOwn(200),
        "GET /api/organizations/{id}" => Rule::ShowsOnesOwn(200),
        "GET /api/webhooks" => Rule::Admins(200),
        "POST /api/webhooks" => Rule::Admins(201),
        "GET /api/webhooks/{id}" | "GET /api/webhooks/{id}/deliveries" => Rule::ShowsAdmins(200),
        "PATCH /api/webhooks/{id}" => Rule::OfAdmins(200),
        "DELETE /api/webhooks/{id}" => Rule::OfAdmins(204),
        "POST /api/webhooks/{id}/secret" => Rule::OfAdmins(201),
        "POST /api/webhooks/{id}/ping" | "POST /api/webhooks/{id}/deliveries/{delivery}/retry" => Rule::OfAdmins(202),
        "GET /api/attachments/{id}" | "GET /api/attachments/{id}/thumbnail" => Rule::Gives,
        "POST /api/attachments" | "POST /api/attachments/{id}/chunks/{n}" | "POST /api/attachments/{id}/complete" => {
            Rule::Takes
        }
        "POST /api/projects/{id}/archive" | "DELETE /api/projects/{id}" => Rule::Manages,
        _ => return rule_of_rows(method, path),
    })
}

fn rule_of_rows(method: &Method, path: &str) -> Option<Rule> {
    let words: Vec<&str> = path.strip_prefix("/api/")?.split('/').collect();
    let kind = |name: &str| COLLECTIONS.iter().find(|(one, _)| *one == name).map(|(_, kind)| *kind);
    let of = kind(words[0])?;
    match (method.as_str(), &words[1..]) {
        ("GET", []) => Some(Rule::SignedIn(200)),
        ("GET", ["{id}"] | ["{id}", "about" | "history"]) => Some(Rule::Shows(of)),
        ("GET", ["{id}", part]) if of == Kind::Task => kind(part).map(|_| Rule::Shows(Kind::Task)),
        ("POST", []) => Some(Rule::Makes(of)),
        ("POST", ["{id}", part]) if of == Kind::Task => kind(part).map(Rule::PutsOnTask),
        ("PATCH", []) | ("PATCH" | "DELETE", ["{id}"]) => Some(Rule::Changes(of)),
        _ => None,
    }
}

/// Whether a row is open to somebody.
fn sees(role: Role, target: Target, kind: Kind) -> bool {
    match (role, target) {
        (Role::Nobody | Role::Outsider, _) | (_, Target::Foreign | Target::Absent) => false,
        (_, Target::Open) => true,
        // A view that is not shared is one person's; of members and fields there are no closed ones.
        (Role::Admin | Role::Reader, Target::Closed) => {
            !matches!(kind, Kind::SavedView | Kind::Member | Kind::CustomField)
        }
        (_, Target::Closed) => false,
    }
}

/// What an attempt must come to.
fn expected(decided: Rule, role: Role, target: Target) -> u16 {
    match decided {
        Rule::Always(status) => return status,
        _ if role == Role::Nobody => return 401,
        _ => {}
    }
    let sees = |kind| sees(role, target, kind);
    let (reader, guest) = (role == Role::Reader, role == Role::Guest);
    let talk = |kind| matches!(kind, Kind::Comment | Kind::Attachment);
    let (allowed, status) = match decided {
        Rule::Always(status) | Rule::SignedIn(status) => (true, status),
        Rule::Shows(kind) => (true, if sees(kind) { 200 } else { 404 }),
        Rule::Gives => (true, if sees(Kind::Attachment) { 200 } else { 404 }),
        // That the task is there is asked first.
        Rule::PutsOnTask(_) if !sees(Kind::Task) => (true, 404),
        Rule::PutsOnTask(_) => (!reader, 201),
        Rule::Admins(status) if status == 200 => (!matches!(role, Role::Guest | Role::Member), status),
        Rule::ShowsOnesOwn(status) => (true, if target == Target::Open { status } else { 404 }),
        Rule::ShowsAdmins(_) if matches!(role, Role::Guest | Role::Member) => (false, 403),
        Rule::ShowsAdmins(status) => {
            (true, if target == Target::Open && role != Role::Outsider { status } else { 404 })
        }
        _ if reader => (false, 403),
        Rule::Admins(status) => (!matches!(role, Role::Guest | Role::Member), status),
        Rule::OfAdmins(_) if matches!(role, Role::Guest | Role::Member) => (false, 403),
        Rule::OfAdmins(status) => (true, if target == Target::Open && role == Role::Admin { status } else { 404 }),
        Rule::Writers(status) => (true, status),
        Rule::NoGuests(status) => (!guest, status),
        Rule::Changes(kind) if !sees(kind) => (true, 404),
        Rule::Changes(kind) => (!guest || talk(kind), 200),
        Rule::Manages | Rule::Imports if !sees(Kind::Project) => (true, 404),
        Rule::Manages => (role == Role::Admin, 200),
        Rule::Takes => (true, if sees(Kind::Attachment) { 200 } else { 404 }),
        Rule::Imports => (!guest, 200),
        // What cannot be seen cannot be named.
        Rule::Makes(_) if !sees(Kind::Project) => (true, 422),
        Rule::Makes(kind) => (!guest || talk(kind), 201),
        Rule::OfMembers(_) if matches!(role, Role::Guest | Role::Member) => (false, 403),
        Rule::OfMembers(status) => (true, if role == Role::Admin && target == Target::Open { status } else { 404 }),
        Rule::OfOnesOwn(status) => (true, if target == Target::Open { status } else { 404 }),
    };
    if allowed { status } else { 403 }
}

/// Whether two statuses say the same: a change may be answered with what it came to, or with nothing.
fn same(found: StatusCode, expected: u16) -> bool {
    found.as_u16() == expected || (expected == 200 && found == StatusCode::NO_CONTENT)
}

#[tokio::test]
async fn on_every_route_everybody_may_what_was_decided() {
    let server = Server::start().await;
    let mut world = World::make(&server).await;
    let (mut attempts, mut wrong) = (0, Vec::new());
    for (at, path, method) in operations() {
        let rule = rule(&method, &path)
            .unwrap_or_else(|| panic!("{method} {path} is new: who may do it? Decide in rule(), and in expected()"));
        if method != Method::GET {
            world.refresh().await;
        }
        for role in ROLES {
            let mut answers = Vec::new();
            for target in TARGETS {
                let attempt = Attempt { at: &at, path: &path, method: &method, role, target };
                let (status, body) = world.attempt(&attempt).await;
                let wanted = expected(rule, role, target);
                if !same(status, wanted) {
                    wrong.push(format!("{method} {path} by {role:?} on {target:?}: {status}, not {wanted}: {body}"));
                }
                attempts += 1;
                answers.push((wanted, body));
            }
            // What is not theirs is as what is not there: to the letter, where it is named at all.
            let (absent, about) = (&answers[3], names_something(rule));
            for (target, answer) in TARGETS.iter().zip(&answers).filter(|(_, one)| about && one.0 == absent.0) {
                if answer != absent {
                    wrong.push(format!("{method} {path} by {role:?} on {target:?}: {answer:?}, absent: {absent:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(attempts > 1_000, "{attempts}");
}

/// Lists, and what one makes for oneself, name nothing of others.
fn names_something(rule: Rule) -> bool {
    !matches!(rule, Rule::Always(_) | Rule::SignedIn(_) | Rule::Writers(_) | Rule::NoGuests(_) | Rule::Admins(_))
}

//! Bad input at every door, made of the document: what is not as it says is refused with a 4xx that says what to do, and
//! nothing is ever a 5xx. That the answers are problems which the document knows, [`crate::contract`] sees to.

use reqwest::header::{ALLOW, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, RANGE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value as Json, json};
use shared::limits::BODY_BYTES;
use shared::protocol::kind;
use uuid::Uuid;

use crate::contract::{DOCUMENT, faults};
use crate::harness::{Device, Server, check, footprint, problem};
use crate::openapi::operations;
use crate::rest::{Program, good};

/// An operation with a path on which there is something.
struct Door {
    at: String,
    path: String,
    method: Method,
}

/// What is there, as the paths name it.
async fn doors(device: &Device<'_>) -> Vec<Door> {
    let program = Program::of(device, "write").await;
    let project = json!(device.project().await);
    let task = program.task(&project, "Mend the net").await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let made = async |path: &str, body: Json| {
        let made = good(program.post(path, &body).await, StatusCode::CREATED).await;
        made["id"].as_str().unwrap().to_owned()
    };
    let file = json!({ "name": "a.txt", "file": crate::attachments::facts(b"a") });
    let rows = [
        ("projects", project.as_str().unwrap().to_owned()),
        ("tasks", id(&task)),
        ("tickets", id(&task)),
        ("sections", made("/api/sections", json!({ "name": "Sails", "project": project })).await),
        ("comments", made(&format!("{task}/comments"), json!({ "body": "Done" })).await),
        ("attachments", made(&format!("{task}/attachments"), file).await),
        ("fields", made("/api/fields", json!({ "name": "Size", "field_type": "text" })).await),
        ("views", made("/api/views", json!({ "name": "Mine", "filter": "{}" })).await),
        ("users", device.session.account.user.to_string()),
        ("organizations", device.session.account.organization.to_string()),
        ("webhooks", made("/api/webhooks", json!({ "url": "https://hooks.example.org/" })).await),
    ];
    let named = |path: &str| {
        let row = rows.iter().find(|(name, _)| path.split('/').nth(2) == Some(name)).map(|(_, id)| id.clone());
        let id = row.unwrap_or_else(|| Uuid::now_v7().to_string());
        path.replace("{id}", &id).replace("{user}", &id).replace("{n}", "0")
    };
    operations().into_iter().map(|(at, path, method)| Door { at, path: named(&path), method }).collect()
}

impl Door {
    fn request(&self, device: &Device<'_>) -> RequestBuilder {
        device.request(self.method.clone(), &self.path)
    }

    /// The schema of its body, and an example; `None` where it takes no JSON.
    fn body(&self) -> Option<(String, Json)> {
        let content = format!("{}/requestBody/content/application~1json", self.at);
        let example = DOCUMENT.pointer(&format!("{content}/example"))?.clone();
        Some((format!("{content}/schema"), example))
    }

    fn parameters(&self, place: &str) -> Vec<(String, Json)> {
        let all = DOCUMENT.pointer(&format!("{}/parameters", self.at)).unwrap().as_array().unwrap();
        let all = all.iter().enumerate().filter(|(_, one)| one["in"] == place);
        all.map(|(at, one)| (format!("{}/parameters/{at}/schema", self.at), one["name"].clone())).collect()
    }
}

/// Values of every kind, among them none that anybody expects.
fn odd_values() -> Vec<Json> {
    vec![
        Json::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("\0"),
        json!("finished"),
        json!("2026-02-30"),
        json!("\u{202e}\u{1f4a9}"),
        json!("x".repeat(150_000)),
        json!([]),
        json!([[]]),
        json!([null]),
        json!(["x", "x"]),
        json!({}),
        json!({ "a": { "b": [] } }),
        json!(Uuid::nil()),
    ]
}

/// The places in a value where something else can be put.
fn places(value: &Json, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Json::Object(object) => object.iter().for_each(|(name, one)| places(one, &format!("{at}/{name}"), into)),
        Json::Array(all) => all.iter().enumerate().for_each(|(index, one)| places(one, &format!("{at}/{index}"), into)),
        _ => {}
    }
}

/// What an answer says of the one thing that was asked for.
async fn outcome(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    if status != StatusCode::MULTI_STATUS {
        return (status, text);
    }
    let body: Json = serde_json::from_str(&text).unwrap();
    let inner = body["results"][0]["status"].as_u64().and_then(|one| StatusCode::from_u16(one.try_into().ok()?).ok());
    (inner.unwrap_or(status), text)
}

#[tokio::test]
async fn a_body_that_is_not_as_documented_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for door in doors(&ines).await {
        let Some((schema, example)) = door.body() else { continue };
        let mut all = Vec::new();
        places(&example, "", &mut all);
        let mut bodies: Vec<Json> = Vec::new();
        for place in &all {
            for value in odd_values() {
                let mut body = example.clone();
                *body.pointer_mut(place).unwrap() = value;
                bodies.push(body);
            }
            if let Some(object) = example.pointer(place).and_then(Json::as_object) {
                for name in object.keys() {
                    let mut body = example.clone();
                    body.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name);
                    bodies.push(body);
                }
                let mut body = example.clone();
                body.pointer_mut(place).unwrap()["colour"] = json!("red");
                bodies.push(body);
            }
        }
        for body in bodies {
            let (status, text) = outcome(door.request(&ines).json(&body)).await;
            tried += 1;
            let refused = status.is_client_error();
            if status.is_server_error() || (!refused && faults(&schema, &body).is_some()) {
                let mut body = body.to_string();
                body.truncate(300);
                wrong.push(format!("{} {} {body}: {status} {text:.300}", door.method, door.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 1_000, "{tried}");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let doors = doors(&ines).await;
    let before = footprint(&server).await;
    let (deep, wide) = ("[".repeat(100_000), "{\"a\":".repeat(50_000));
    let nested = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let mut tried = 0;
    for door in doors.iter().filter(|door| door.body().is_some()) {
        for (content_type, body, statuses) in [
            ("application/json", b"".as_slice(), &[400][..]),
            ("application/json", b"{", &[400, 422]),
            ("application/json", b"{} {}", &[400, 422]),
            ("application/json", b"nonsense", &[400]),
            ("application/json", b"{\"a\": \"\xff\"}", &[400, 422]),
            ("application/json", b"\xef\xbb\xbf{}", &[400]),
            ("application/json", b"{\"a\": 1e999}", &[400, 422]),
            ("application/json", b"\"\\ud800\"", &[400, 422]),
            ("application/json", deep.as_bytes(), &[400, 422]),
            ("application/json", wide.as_bytes(), &[400, 422]),
            ("application/json", nested.as_bytes(), &[400, 422]),
            ("application/json", b"null", &[422]),
            ("application/json", b"7", &[422]),
            ("text/plain", b"{}", &[415]),
            ("application/x-www-form-urlencoded", b"a=b", &[415]),
            ("", b"{}", &[415]),
        ] {
            let request = door.request(&ines).header(CONTENT_TYPE, content_type).body(body.to_vec());
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            assert!(
                statuses.contains(&status),
                "{} {} {content_type} {:.40}: {status}",
                door.method,
                door.path,
                String::from_utf8_lossy(body)
            );
            problem(response).await;
            tried += 1;
        }
        let large = door.request(&ines).header(CONTENT_TYPE, "application/json").body(" ".repeat(BODY_BYTES + 1));
        check(large.send().await.unwrap(), 413, kind::TOO_LARGE).await;
    }
    assert!(tried > 400, "{tried}");
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn a_parameter_that_is_not_as_documented_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let long = "x".repeat(5_000);
    let odd = [
        "",
        "-1",
        "0",
        "501",
        "1.5",
        "x",
        "null",
        "true",
        "%00",
        "%ff",
        "%f0%9f",
        "a,b",
        ",",
        "{}",
        "[",
        "2026-02-30",
        &long,
    ];
    let (mut tried, mut wrong) = (0, Vec::new());
    for door in doors(&ines).await {
        let parameters = door.parameters("query");
        for (schema, name) in &parameters {
            let name = name.as_str().unwrap();
            for value in odd {
                let response =
                    ines.request(door.method.clone(), &format!("{}?{name}={value}", door.path)).send().await.unwrap();
                let status = response.status();
                tried += 1;
                let typed =
                    serde_json::from_str(value).ok().filter(|one: &Json| !one.is_object()).unwrap_or(json!(value));
                let misfit = faults(schema, &typed).is_some() && faults(schema, &json!(value)).is_some();
                if status.is_server_error() || (misfit && !status.is_client_error()) {
                    wrong.push(format!("{} {}?{name}={value:.40}: {status}", door.method, door.path));
                }
            }
        }
        if !parameters.is_empty() {
            for query in ["colour=red", "limit=1&limit=2", "limit", "&&=", "%ff=%ff"] {
                let response =
                    ines.request(door.method.clone(), &format!("{}?{query}", door.path)).send().await.unwrap();
                if response.status().is_server_error() || (query == "colour=red" && response.status().is_success()) {
                    wrong.push(format!("{} {}?{query}: {}", door.method, door.path, response.status()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 500, "{tried}");
}

#[tokio::test]
async fn what_is_no_id_is_nobodys() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let before = footprint(&server).await;
    for (at, path, method) in
        operations().into_iter().filter(|(_, path, _)| path.contains("{id}") || path.contains("{user}"))
    {
        for id in ["x", "7", "%00", "%ff", "..%2f..", "null", "%7Bid%7D", &"9".repeat(3_000), "urn:uuid:x"] {
            let path = path.replace("{id}", id).replace("{user}", id).replace("{n}", "0");
            let mut request = ines.request(method.clone(), &path);
            if let Some(example) = DOCUMENT.pointer(&format!("{at}/requestBody/content/application~1json/example")) {
                request = request.json(example);
            }
            check(request.send().await.unwrap(), 404, kind::NOT_FOUND).await;
        }
    }
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn another_method_or_address_is_a_problem_that_says_so() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let paths: std::collections::BTreeSet<String> = operations().into_iter().map(|(_, path, _)| path).collect();
    for path in paths {
        let allowed = DOCUMENT["paths"][&path].as_object().unwrap();
        let real = path
            .replace("{id}", &Uuid::nil().to_string())
            .replace("{user}", &Uuid::nil().to_string())
            .replace("{n}", "0");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
            if allowed.contains_key(&method.to_lowercase()) {
                continue;
            }
            let answer = ines.request(Method::from_bytes(method.as_bytes()).unwrap(), &real).send().await.unwrap();
            let allow = answer.headers()[ALLOW].to_str().unwrap().to_lowercase();
            assert!(
                allowed.keys().all(|one| allow.split(',').any(|two| two.trim() == one)),
                "{method} {path}: {allow}"
            );
            check(answer, 405, kind::INVALID).await;
        }
        for wrong in [format!("{real}/"), format!("{real}/more/of/it"), format!("{real}.json")] {
            let answer = ines.request(Method::GET, &wrong).send().await.unwrap();
            assert!([404, 405].contains(&answer.status().as_u16()), "{wrong}: {}", answer.status());
            problem(answer).await;
        }
    }
}

#[tokio::test]
async fn odd_headers_break_nothing() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let odd: [&[u8]; 7] = [b"", b"\"", b"*", b"\xff\xfe", b"W/\"x\"", b"\"99999999999999999999\"", b"bytes=9-1,,-"];
    for door in doors(&ines).await {
        for name in [
            IF_MATCH.as_str(),
            IF_NONE_MATCH.as_str(),
            RANGE.as_str(),
            "if-range",
            "idempotency-key",
            "accept",
            "cookie",
            "origin",
        ] {
            for value in odd {
                let request = door.request(&ines).header(name, value);
                let request = match door.body() {
                    // Nothing that could be done.
                    Some(_) => request.json(&json!("nothing")),
                    None => request,
                };
                let status = request.send().await.unwrap().status();
                assert!(!status.is_server_error(), "{} {} {name}: {status}", door.method, door.path);
            }
        }
        for token in [
            &b"Bearer"[..],
            b"Bearer ",
            b"Basic x",
            b"Bearer \xff",
            b"Bearer tern_",
            b"Bearer tern_\xff",
            b"Bearer a.b.c",
        ] {
            let request = server.request(door.method.clone(), &door.path).header("authorization", token);
            let status = request.json(&json!({})).send().await.unwrap().status();
            assert!(!status.is_server_error(), "{} {}: {status}", door.method, door.path);
            let secured = DOCUMENT.pointer(&format!("{}/security/0/token", door.at)).is_some();
            assert!(!secured || status == StatusCode::UNAUTHORIZED, "{} {}: {status}", door.method, door.path);
        }
    }
}

//! The document as a page that people read: without scripts, and without anything from elsewhere.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Document;

const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin: 2.5rem 0 .5rem; }
details { border-top: 1px solid #8884; padding: .25rem 0; }
summary { cursor: pointer; padding: .25rem 0; }
summary code { font-weight: 600; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .75rem; background: #8882; border-radius: .5rem; font-size: .875rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .25rem .75rem .25rem 0; }
.method { display: inline-block; min-width: 4.5rem; }
";

/// The page. What is written to a text is written, so results of writing are passed over.
pub(crate) fn page(document: &Document) -> String {
    let document = document.json();
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = write!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Tern: the API</title><style>{STYLE}</style>\
         </head><body><main><h1>Tern: the API</h1><p>{}</p>\
         <p>For programs: <a href=\"/api/schema\">/api/schema</a>, OpenAPI {}.</p>",
        prose(&document["info"]["description"]),
        prose(&document["openapi"]),
    );
    let mut group = "";
    for (path, method, operation) in in_groups(document) {
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        if tag != group {
            group = tag;
            let _ = write!(out, "<h2>{}</h2>", escape(group));
        }
        describe(&mut out, path, method, operation);
    }
    out.push_str("<h2>Schemas</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escape(name);
        let _ = write!(
            out,
            "<details id=\"schema-{name}\"><summary><code>{name}</code></summary>{}</details>",
            pre(schema)
        );
    }
    out.push_str("</main></body></html>\n");
    out
}

/// The operations, those of a group together, groups and paths in alphabetical order.
fn in_groups(document: &Json) -> Vec<(&str, &str, &Json)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, one)| (path.as_str(), method.as_str(), one))
    });
    let mut all: Vec<_> = each.collect();
    all.sort_by_key(|(.., operation)| operation["tags"][0].as_str().unwrap_or_default());
    all
}

fn describe(out: &mut String, path: &str, method: &str, operation: &Json) {
    let _ = write!(
        out,
        "<details id=\"{}\"><summary><code><span class=\"method\">{}</span> {}</code> {}</summary>",
        prose(&operation["operationId"]),
        method.to_ascii_uppercase(),
        escape(path),
        prose(&operation["summary"]),
    );
    if operation["description"].is_string() {
        let _ = write!(out, "<p>{}</p>", prose(&operation["description"]));
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        out.push_str("<h3>Parameters</h3><table>");
        for one in parameters {
            let _ = write!(
                out,
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
                prose(&one["name"]),
                prose(&one["in"]),
                prose(&one["description"]),
                escape(&one["schema"].to_string()),
            );
        }
        out.push_str("</table>");
    }
    if operation["requestBody"].is_object() {
        out.push_str("<h3>Body</h3>");
        contents(out, &operation["requestBody"]["content"]);
    }
    out.push_str("<h3>Answers</h3>");
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let _ = write!(out, "<h4>{} {}</h4>", escape(status), prose(&answer["description"]));
        let kinds = &answer["content"]["application/problem+json"]["schema"]["properties"]["type"]["enum"];
        match kinds.as_array() {
            Some(kinds) => kinds.iter().for_each(|kind| {
                let _ = write!(out, "<code>{}</code> ", prose(kind));
            }),
            None => contents(out, &answer["content"]),
        }
    }
    out.push_str("</details>");
}

fn contents(out: &mut String, contents: &Json) {
    for (media_type, content) in contents.as_object().into_iter().flatten() {
        let _ = write!(out, "<p><code>{}</code></p>", escape(media_type));
        match content["schema"]["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
            Some(name) => {
                let name = escape(name);
                let _ = write!(out, "<p>Schema: <a href=\"#schema-{name}\">{name}</a></p>");
            }
            None if content["schema"].is_null() => {}
            None => out.push_str(&pre(&content["schema"])),
        }
        if !content["example"].is_null() {
            out.push_str(&pre(&content["example"]));
        }
    }
}

fn pre(json: &Json) -> String {
    format!("<pre>{}</pre>", escape(&format!("{json:#}")))
}

/// A text of the document.
fn prose(json: &Json) -> String {
    escape(json.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! The document: what is known of all routes, as `OpenAPI` 3.1 says it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};
use shared::ids::Kind;
use shared::protocol::Problem;

use super::Route;
use super::operation::{Answer, Content, Operation, Parameter, Shape};
use crate::domain::resource::{self, Told};
use crate::problem::title;

/// The media type of every error.
const PROBLEM: &str = "application/problem+json";

/// A document of the API.
#[derive(Clone, Debug)]
pub(crate) struct Document(Json);

impl Document {
    pub(super) fn of(routes: &[Route]) -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut schemas = settings.into_generator();
        schemas.subschema_for::<Problem>();
        resource::refer(&mut schemas);
        let mut paths: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
        for Route { method, path, operation } in routes {
            let name = id(method.as_str(), path);
            let described = describe(operation, &name, &mut schemas);
            paths.entry(path).or_default().insert(method.as_str().to_ascii_lowercase(), described);
        }
        let mut components: Map<String, Json> = schemas.take_definitions(true).into_iter().map(readable).collect();
        for kind in Kind::ALL {
            for (told, name) in NAMES {
                components.insert(format!("{name}{}", type_name(*kind)), resource::schema(*kind, told));
            }
        }
        Self(json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Tern", "version": env!("CARGO_PKG_VERSION"),
                "summary": "A team's tasks, for programs.",
                "description": "What a program changes is merged like what a device changes. Every error is \
                    `application/problem+json` (RFC 9457); what is not there and what is not yours is the same 404.",
                "license": { "name": "MIT OR Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "paths": paths,
            "components": { "schemas": components, "securitySchemes": schemes() },
        }))
    }

    pub(crate) fn json(&self) -> &Json {
        &self.0
    }
}

/// What the schemas of a row are called.
const NAMES: [(Told, &str); 3] = [(Told::Shown, ""), (Told::New, "New"), (Told::Changed, "Changed")];

/// The schema of a row, by name.
pub(crate) fn row(kind: Kind, told: Told) -> Json {
    let name = NAMES.iter().find(|(one, _)| *one == told).map_or("", |(_, name)| name);
    json!({ "$ref": format!("#/components/schemas/{name}{}", type_name(kind)) })
}

fn type_name(kind: Kind) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    kind.name().split('_').map(capital).collect()
}

fn schemes() -> Json {
    json!({
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "A personal access token (`tern_…`), or the access token of a device that is signed in.",
        },
        "refresh": {
            "type": "apiKey", "in": "cookie", "name": "tern_refresh",
            "description": "Set by signing in; for the app.",
        },
    })
}

/// Such as `patch_tasks_id`.
fn id(method: &str, path: &str) -> String {
    let words = path.split('/').filter(|word| !word.is_empty() && *word != "api");
    let words = words.map(|word| word.trim_matches(['{', '}']).to_owned());
    std::iter::once(method.to_ascii_lowercase()).chain(words).collect::<Vec<_>>().join("_")
}

fn describe(operation: &Operation, id: &str, schemas: &mut SchemaGenerator) -> Json {
    let mut responses = Map::new();
    for answer in &operation.answers {
        responses.insert(answer.status.as_str().to_owned(), good(answer, schemas));
    }
    let mut kinds: BTreeMap<StatusCode, Vec<&str>> = BTreeMap::new();
    for (status, kind) in &operation.problems {
        kinds.entry(*status).or_default().push(kind);
    }
    for (status, kinds) in kinds {
        responses.insert(status.as_str().to_owned(), bad(status, &kinds));
    }
    let mut security = Vec::new();
    if operation.bearer {
        security.push(json!({ "token": [] }));
    }
    if operation.cookie {
        security.push(json!({ "refresh": [] }));
    }
    let mut described = json!({
        "operationId": id, "tags": [operation.group], "summary": operation.summary, "security": security,
        "parameters": operation.parameters.iter().map(parameter).collect::<Json>(), "responses": responses,
    });
    if !operation.about.is_empty() {
        described["description"] = json!(operation.about);
    }
    if !operation.body.is_empty() {
        described["requestBody"] = json!({ "required": true, "content": contents(&operation.body, schemas) });
    }
    described
}

fn parameter(parameter: &Parameter) -> Json {
    let Parameter { name, place, about, schema, required } = parameter;
    json!({ "name": name, "in": place, "description": about, "required": required, "schema": schema })
}

fn contents(contents: &[Content], schemas: &mut SchemaGenerator) -> Json {
    let mut all = Map::new();
    for Content { media_type, shape, example } in contents {
        let mut described = Map::new();
        match shape {
            Some(Shape::Of(of)) => described.insert("schema".into(), of(schemas).to_value()),
            Some(Shape::Is(schema)) => described.insert("schema".into(), schema.clone()),
            None => None,
        };
        if let Some(example) = example {
            described.insert("example".into(), example.clone());
        }
        all.insert((*media_type).to_owned(), Json::Object(described));
    }
    Json::Object(all)
}

fn good(answer: &Answer, schemas: &mut SchemaGenerator) -> Json {
    let mut described = json!({ "description": answer.about });
    if !answer.contents.is_empty() {
        described["content"] = contents(&answer.contents, schemas);
    }
    let header = |(name, about): &(&str, &str)| {
        ((*name).to_owned(), json!({ "description": about, "schema": { "type": "string" } }))
    };
    if !answer.headers.is_empty() {
        described["headers"] = answer.headers.iter().map(header).collect::<Map<_, _>>().into();
    }
    described
}

fn bad(status: StatusCode, kinds: &[&str]) -> Json {
    let about: Vec<&str> = kinds.iter().map(|kind| title(kind)).collect();
    let first = kinds.first().copied().unwrap_or_default();
    let schema = json!({
        "$ref": "#/components/schemas/Problem",
        "properties": { "type": { "enum": kinds }, "status": { "const": status.as_u16() } },
    });
    let example = json!({
        "type": first, "title": title(first), "status": status.as_u16(), "detail": "What went wrong, and what to do.",
    });
    json!({ "description": about.join("; "), "content": { PROBLEM: { "schema": schema, "example": example } } })
}

/// A schema without the marks that link words in the documentation of the code.
fn readable((name, mut schema): (String, Json)) -> (String, Json) {
    plain(&mut schema);
    (name, schema)
}

fn plain(json: &mut Json) {
    match json {
        Json::Object(object) => {
            if let Some(Json::String(text)) = object.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`").replace("crate::", "");
            }
            object.values_mut().for_each(plain);
        }
        Json::Array(all) => all.iter_mut().for_each(plain),
        _ => {}
    }
}

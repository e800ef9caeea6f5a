//! What is known of a route: what it is for, what it takes, with what it answers.

use axum::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value as Json, json};
use shared::protocol::kind;

/// A schema: of a type, or as it stands.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Of(fn(&mut SchemaGenerator) -> Schema),
    Is(Json),
}

/// A parameter of the path, the query or the head.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: Json,
    pub(super) required: bool,
}

impl Parameter {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
}

/// A parameter of the query.
pub(crate) fn parameter(name: &'static str, about: &'static str, schema: Json) -> Parameter {
    Parameter { name, place: "query", about, schema, required: false }
}

/// Bytes of a media type, with a schema where they are JSON.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) shape: Option<Shape>,
    pub(super) example: Option<Json>,
}

/// A good answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) about: &'static str,
    pub(super) contents: Vec<Content>,
    pub(super) headers: Vec<(&'static str, &'static str)>,
}

/// What is known of a route.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(super) group: &'static str,
    pub(super) summary: String,
    pub(super) about: String,
    pub(super) bearer: bool,
    pub(super) cookie: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Vec<Content>,
    pub(super) answers: Vec<Answer>,
    /// Problems: their statuses and kinds.
    pub(super) problems: Vec<(StatusCode, &'static str)>,
}

const JSON: &str = "application/json";

/// An operation of a group of them, in a few words.
pub(crate) fn op(group: &'static str, summary: impl Into<String>) -> Operation {
    Operation {
        group,
        summary: summary.into(),
        about: String::new(),
        bearer: false,
        cookie: false,
        parameters: Vec::new(),
        body: Vec::new(),
        answers: Vec::new(),
        problems: vec![
            (StatusCode::INTERNAL_SERVER_ERROR, kind::UNAVAILABLE),
            (StatusCode::SERVICE_UNAVAILABLE, kind::UNAVAILABLE),
        ],
    }
}

impl Operation {
    /// What else there is to say.
    pub(crate) fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// For somebody who is signed in.
    pub(crate) fn bearer(mut self) -> Self {
        self.bearer = true;
        self.problem(StatusCode::UNAUTHORIZED, kind::UNAUTHENTICATED)
    }

    /// Changes something: a token that may only read does not do.
    pub(crate) fn writes(self) -> Self {
        self.bearer().problem(StatusCode::FORBIDDEN, kind::NOT_ALLOWED)
    }

    /// Looks at the refresh cookie, and that no other site sends it along.
    pub(crate) fn same_origin(mut self, cookie: bool) -> Self {
        self.cookie = cookie;
        self.problem(StatusCode::FORBIDDEN, kind::INVALID)
    }

    /// A part of the path that is an id. What is none is nobody's.
    pub(crate) fn id(mut self, name: &'static str, about: &'static str) -> Self {
        let schema =
            json!({ "type": "string", "format": "uuid", "examples": ["01a1ff7c-7868-77ec-ac9f-5b3194bf5f81"] });
        self.parameters.push(Parameter { name, place: "path", about, schema, required: true });
        self.problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
    }

    /// A part of the path that is a name. What is named by none is not there.
    pub(crate) fn name(mut self, name: &'static str, about: &'static str, example: &str) -> Self {
        let schema = json!({ "type": "string", "examples": [example] });
        self.parameters.push(Parameter { name, place: "path", about, schema, required: true });
        self.problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
    }

    /// A part of the path that is a number.
    pub(crate) fn number(mut self, name: &'static str, about: &'static str) -> Self {
        let schema = json!({ "type": "integer", "minimum": 0, "examples": [0] });
        self.parameters.push(Parameter { name, place: "path", about, schema, required: true });
        self
    }

    /// Parameters behind the `?`.
    pub(crate) fn query(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.parameters.extend(parameters);
        self.problem(StatusCode::BAD_REQUEST, kind::INVALID)
    }

    /// A parameter that the route cannot do without.
    pub(crate) fn needs(self, parameter: Parameter) -> Self {
        self.query([Parameter { required: true, ..parameter }])
    }

    /// What a request may say in its head.
    pub(crate) fn header(mut self, name: &'static str, about: &'static str, example: &str) -> Self {
        let schema = json!({ "type": "string", "examples": [example] });
        self.parameters.push(Parameter { name, place: "header", about, schema, required: false });
        self
    }

    /// Takes JSON of a type.
    pub(crate) fn takes<T: JsonSchema>(self, example: Json) -> Self {
        self.takes_json(Shape::Of(SchemaGenerator::subschema_for::<T>), example)
    }

    /// Takes JSON of a schema.
    pub(crate) fn takes_as(self, schema: Json, example: Json) -> Self {
        self.takes_json(Shape::Is(schema), example)
    }

    fn takes_json(mut self, shape: Shape, example: Json) -> Self {
        self.body.push(Content { media_type: JSON, shape: Some(shape), example: Some(example) });
        self.problem(StatusCode::BAD_REQUEST, kind::INVALID)
            .problem(StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE)
            .problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, kind::INVALID)
            .problem(StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID)
            .problem(StatusCode::UNPROCESSABLE_ENTITY, kind::SCHEMA)
    }

    /// Takes bytes as they are.
    pub(crate) fn takes_bytes(mut self) -> Self {
        self.body.push(Content { media_type: "application/octet-stream", shape: None, example: None });
        self.problem(StatusCode::BAD_REQUEST, kind::INVALID).problem(StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE)
    }

    /// Takes other bytes, too.
    pub(crate) fn or_takes(mut self, media_type: &'static str) -> Self {
        self.body.push(Content { media_type, shape: None, example: None });
        self
    }

    /// Answers with JSON of a type.
    pub(crate) fn gives<T: JsonSchema>(self, status: StatusCode, about: &'static str, example: Json) -> Self {
        self.gives_json(status, about, Shape::Of(SchemaGenerator::subschema_for::<T>), example)
    }

    /// Answers with JSON of a schema.
    pub(crate) fn gives_as(self, status: StatusCode, about: &'static str, schema: Json, example: Json) -> Self {
        self.gives_json(status, about, Shape::Is(schema), example)
    }

    fn gives_json(mut self, status: StatusCode, about: &'static str, shape: Shape, example: Json) -> Self {
        let contents = vec![Content { media_type: JSON, shape: Some(shape), example: Some(example) }];
        self.answers.push(Answer { status, about, contents, headers: Vec::new() });
        self
    }

    /// Answers without a body.
    pub(crate) fn gives_nothing(mut self, status: StatusCode, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, contents: Vec::new(), headers: Vec::new() });
        self
    }

    /// Answers with something else than JSON.
    pub(crate) fn gives_bytes(mut self, status: StatusCode, about: &'static str, media_type: &'static str) -> Self {
        let contents = vec![Content { media_type, shape: None, example: None }];
        self.answers.push(Answer { status, about, contents, headers: Vec::new() });
        self
    }

    /// The last answer can be had in another form, too.
    pub(crate) fn or_as(mut self, media_type: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.contents.push(Content { media_type, shape: None, example: None });
        }
        self
    }

    /// The last answer has this header.
    pub(crate) fn with_header(mut self, name: &'static str, about: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, about));
        }
        self
    }

    /// A problem that it is answered with where it is not done.
    pub(crate) fn problem(mut self, status: StatusCode, kind: &'static str) -> Self {
        if !self.problems.contains(&(status, kind)) {
            self.problems.push((status, kind));
        }
        self
    }
}

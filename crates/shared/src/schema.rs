//! JSON Schema of what crosses the wire, for the document that the server gives to programs. Behind the feature `schema`,
//! which only the server asks for: most types derive theirs, and those that are written as texts have it here.
//!
//! Of the devices' own protocol (docs/sync.md) the messages are described, but not what rows, operations and outcomes
//! consist of: programs have rows as plain objects instead, whose schema the server reads off [`crate::field`].

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::date::Date;
use crate::hash::{Checksum, Hash};
use crate::scope::Scope;
use crate::webhook::EventName;

/// Whatever JSON can say.
#[derive(Debug)]
pub struct Any;

/// Whatever an object can say.
#[derive(Debug)]
pub struct Object;

macro_rules! written {
    ($($type:ty = $name:literal, $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

const HASH: &str = "^[0-9a-fA-F]{16}$";

written! {
    Any = "Any", Schema::default();
    Object = "Object", json_schema!({ "type": "object" });
    Date = "Date", json_schema!({ "type": "string", "format": "date" });
    Hash = "Hash", json_schema!({ "type": "string", "pattern": HASH });
    Checksum = "Checksum", json_schema!({ "type": "string", "pattern": HASH });
    EventName = "EventName", json_schema!({
        "type": "string", "enum": EventName::all().map(|event| event.to_string()).collect::<Vec<_>>(),
    });
    Scope = "Scope", json_schema!({ "type": "string", "pattern": "^(everyone|(project|person|finished):[0-9a-fA-F-]{32,36})$" });
}

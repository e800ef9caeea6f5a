//! Rows as plain JSON ([`exchange::resource`]), and what that looks like for the API's document.

mod schema;

pub use exchange::resource::*;
pub use schema::{Holds, KeyOf, Told, example, keys, refer, schema};

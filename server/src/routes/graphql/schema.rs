//! The schema: everything together, made once.

use std::sync::LazyLock;

use async_graphql::dynamic::{Schema, SchemaError};

use super::mutation::{self, MUTATION};
use super::query::{self, QUERY};
use super::subscription::{self, SUBSCRIPTION};
use super::{earlier, lists, rows, values};
use crate::problem::ApiProblem;

static SCHEMA: LazyLock<Result<Schema, SchemaError>> = LazyLock::new(|| {
    let schema = Schema::build(QUERY, Some(MUTATION), Some(SUBSCRIPTION));
    // What a query may cost has been reckoned before; see `limits`.
    let schema = lists::register(rows::register(values::register(schema)));
    let schema = earlier::register(mutation::register(query::register(schema)));
    subscription::register(schema).finish()
});

pub(super) fn schema() -> Result<&'static Schema, ApiProblem> {
    SCHEMA.as_ref().map_err(|error| {
        tracing::error!(%error, "the GraphQL schema");
        ApiProblem::bug()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_whole() {
        assert!(SCHEMA.as_ref().is_ok(), "{:?}", SCHEMA.as_ref().err());
    }
}

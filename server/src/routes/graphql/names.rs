//! Names as GraphQL writes them: fields like `createdAt`, values of enums like `IN_PROGRESS`. Everywhere else it is
//! `created_at` and `in_progress`.

use shared::ids::Kind;

/// `reply_to` as `replyTo`.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capital(word))
}

/// `custom_field` as `CustomField`.
pub(super) fn pascal(name: &str) -> String {
    name.split('_').map(capital).collect()
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// `in_progress` as `IN_PROGRESS`.
pub(super) fn constant(name: &str) -> String {
    name.to_ascii_uppercase()
}

/// `IN_PROGRESS` as `in_progress`.
pub(super) fn word(constant: &str) -> String {
    constant.to_ascii_lowercase()
}

/// What the type of rows of a kind is called.
pub(super) fn type_name(kind: Kind) -> String {
    pascal(kind.name())
}

/// What one row of a kind is called, as a field.
pub(super) fn one(kind: Kind) -> String {
    camel(kind.name())
}

/// What several are called.
pub(super) fn many(kind: Kind) -> String {
    one(kind) + "s"
}

/// What a kind of problem is called in an error: `NOT_FOUND` for `/problems/not-found`.
pub(super) fn code(problem: &str) -> String {
    constant(&problem.rsplit('/').next().unwrap_or_default().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use shared::protocol::kind;

    use super::*;

    #[test]
    fn names_are_as_graphql_writes_them() {
        assert_eq!((camel("reply_to"), camel("order")), ("replyTo".to_owned(), "order".to_owned()));
        assert_eq!((many(Kind::CustomField), type_name(Kind::SavedView)), ("customFields".into(), "SavedView".into()));
        assert_eq!(word(&constant("in_progress")), "in_progress");
        assert_eq!((code(kind::NOT_FOUND), code(kind::KEY_USED)), ("NOT_FOUND".to_owned(), "KEY_USED".to_owned()));
    }
}

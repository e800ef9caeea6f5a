//! What a query may cost. It is reckoned before anything is done, and before the library looks at the query: what a
//! fragment stands for is counted once, however often it is spread, so a short query cannot be made to stand for a
//! long one.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use serde_json::Value as Json;

use crate::routes::resources::asked::MOST;

/// Bytes of a query. What is long belongs into the variables.
pub(super) const QUERY_BYTES: usize = 32 * 1024;
/// Brackets within brackets in the text of a query.
const NESTED: usize = 48;
/// Fields within fields.
const DEPTH: usize = 15;
/// Fields of the query itself: each is a list or a change.
const ROOTS: usize = 20;
/// Rows of a list, if nothing is said: fewer than by REST, because there may be lists in it.
pub(super) const LIMIT: usize = 50;
/// Values of an answer.
const COST: u64 = 50_000;
/// What the schema says of itself is many values, and cheap.
const INTROSPECTION: u64 = 250_000;
/// What a list costs beside its rows.
const LIST: u64 = 5;
/// How many there are of what has no `first`: assignees, or values that stand side by side.
const SEVERAL: u64 = 5;

/// Fields with a page of a list, of which `first` says how long it may be.
const PAGES: [&str; 11] = [
    "projects",
    "sections",
    "tasks",
    "subtasks",
    "comments",
    "replies",
    "attachments",
    "customFields",
    "savedViews",
    "members",
    "history",
];
/// Fields of lists without a `first`, and how many there may be.
const LISTS: [(&str, u64); 10] = [
    ("assignees", SEVERAL),
    ("owner", 1),
    ("conflicts", SEVERAL),
    ("values", SEVERAL),
    ("types", 60),
    ("fields", 10),
    ("inputFields", 10),
    ("enumValues", 5),
    ("args", 5),
    ("possibleTypes", 5),
];

/// Why a query is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooMuch {
    #[error("The query is longer than {QUERY_BYTES} bytes. Put what is long into the variables.")]
    Long,
    #[error("The query has more than {NESTED} brackets within brackets. Ask for less at once.")]
    Nested,
    #[error("The query is more than {DEPTH} fields deep. Ask for less at once.")]
    Deep,
    #[error("The query has more than {ROOTS} fields at its root. Send several.")]
    Roots,
    #[error(
        "The query may have more than {COST} values for an answer. Ask for shorter lists with `first`, or for less."
    )]
    Costly,
    #[error("The fragment `{0}` contains itself. Leave that out.")]
    Endless(Name),
    #[error("There is no fragment `{0}`. Define it, or leave it out.")]
    NoFragment(Name),
    #[error("There is no such operation. Name one of the query's with `operationName`.")]
    NoOperation,
    #[error("A subscription has one field. Open several.")]
    Several,
}

/// Looks whether a text may be parsed: the parser goes as deep as its brackets do.
pub(super) fn check_text(query: &str) -> Result<(), TooMuch> {
    if query.len() > QUERY_BYTES {
        return Err(TooMuch::Long);
    }
    let (mut depth, mut rest) = (0_usize, query);
    while let Some(next) = rest.chars().next() {
        rest = &rest[next.len_utf8()..];
        match next {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            '#' => rest = rest.find(['\n', '\r']).map_or("", |end| &rest[end..]),
            '"' => rest = after_string(rest),
            _ => {}
        }
        if depth > NESTED {
            return Err(TooMuch::Nested);
        }
    }
    Ok(())
}

/// What comes after a string that has just begun.
fn after_string(rest: &str) -> &str {
    if let Some(block) = rest.strip_prefix("\"\"") {
        let block = block.strip_prefix('"').map(|block| (block, "\"\"\""));
        let Some((mut block, end)) = block else { return &rest[1..] };
        while let Some(at) = block.find(end) {
            let escaped = block[..at].ends_with('\\');
            block = &block[at + end.len()..];
            if !escaped {
                return block;
            }
        }
        return "";
    }
    let mut escaped = false;
    for (at, next) in rest.char_indices() {
        match next {
            '"' if !escaped => return &rest[at + 1..],
            '\n' | '\r' => return &rest[at..],
            _ => escaped = next == '\\' && !escaped,
        }
    }
    ""
}

/// What a part of a query comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    depth: usize,
    values: u64,
}

/// The operation that is asked for.
pub(super) fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, TooMuch> {
    let mut all = document.operations.iter();
    let found = match name {
        Some(name) => all.find(|(one, _)| one.is_some_and(|one| one == name)),
        None => all.next().filter(|_| document.operations.iter().len() == 1),
    };
    found.map(|(_, operation)| &operation.node).ok_or(TooMuch::NoOperation)
}

/// Reckons what an operation of a document may cost.
pub(super) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<(), TooMuch> {
    let mut reckoning = Reckoning { fragments: &document.fragments, variables, operation, known: HashMap::new() };
    let roots = reckoning.roots(&operation.selection_set.node, 0)?;
    if operation.ty == OperationType::Subscription && roots != 1 {
        return Err(TooMuch::Several);
    }
    // Whatever is in the document is looked at by the library, asked for or not.
    let (mut values, mut most) = (0_u64, COST);
    for (_, other) in document.operations.iter() {
        let set = &other.node.selection_set.node;
        let cost = reckoning.selection(set)?;
        if cost.depth > DEPTH {
            return Err(TooMuch::Deep);
        }
        values = values.saturating_add(cost.values);
        if set
            .items
            .iter()
            .any(|item| matches!(&item.node, Selection::Field(one) if one.node.name.node.starts_with("__")))
        {
            most = INTROSPECTION;
        }
    }
    let names: Vec<Name> = document.fragments.keys().cloned().collect();
    names.iter().try_for_each(|name| reckoning.fragment(name).map(|_| ()))?;
    if values > most { Err(TooMuch::Costly) } else { Ok(()) }
}

struct Reckoning<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    /// Fragments; `None` while one is being reckoned.
    known: HashMap<Name, Option<Cost>>,
}

impl<'a> Reckoning<'a> {
    /// How many fields a query has at its root.
    fn roots(&self, set: &'a SelectionSet, depth: usize) -> Result<usize, TooMuch> {
        if depth > DEPTH {
            return Err(TooMuch::Deep);
        }
        let mut roots = 0_usize;
        for item in &set.items {
            roots += match &item.node {
                Selection::Field(_) => 1,
                Selection::InlineFragment(inline) => self.roots(&inline.node.selection_set.node, depth + 1)?,
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self.fragments.get(name).ok_or_else(|| TooMuch::NoFragment(name.clone()))?;
                    self.roots(&fragment.node.selection_set.node, depth + 1)?
                }
            };
            if roots > ROOTS {
                return Err(TooMuch::Roots);
            }
        }
        Ok(roots)
    }

    fn selection(&mut self, set: &'a SelectionSet) -> Result<Cost, TooMuch> {
        let mut all = Cost::default();
        for item in &set.items {
            let one = match &item.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => self.selection(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            all.depth = all.depth.max(one.depth);
            all.values = all.values.saturating_add(one.values);
        }
        Ok(all)
    }

    fn field(&mut self, field: &'a Field) -> Result<Cost, TooMuch> {
        let within = self.selection(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        let known = LISTS.iter().find(|(list, _)| *list == name).map(|(_, most)| *most);
        let (each, own) = if PAGES.contains(&name) { (self.first(field), LIST) } else { (known.unwrap_or(1), 1) };
        Ok(Cost { depth: within.depth + 1, values: within.values.saturating_mul(each).saturating_add(own) })
    }

    /// How many rows a list may have.
    fn first(&self, field: &Field) -> u64 {
        // As many as there may be, where it is not known: then it is refused later.
        let most = MOST as u64;
        let Some(first) = field.get_argument("first") else { return LIMIT as u64 };
        let declared = &self.operation.variable_definitions;
        let variable = |name: Name| {
            let preset = || declared.iter().find(|one| one.node.name.node == name)?.node.default_value().cloned();
            self.variables.get(&name).cloned().or_else(preset).ok_or(())
        };
        let first = first.node.clone().into_const_with(variable).ok();
        match first.and_then(|first| first.into_json().ok()) {
            None | Some(Json::Null) => LIMIT as u64,
            Some(first) => first.as_u64().map_or(most, |first| first.min(most)),
        }
    }

    fn fragment(&mut self, name: &Name) -> Result<Cost, TooMuch> {
        match self.known.get(name) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => return Err(TooMuch::Endless(name.clone())),
            None => {}
        }
        let fragment = self.fragments.get(name).ok_or_else(|| TooMuch::NoFragment(name.clone()))?;
        self.known.insert(name.clone(), None);
        let cost = self.selection(&fragment.node.selection_set.node)?;
        if cost.depth > DEPTH {
            return Err(TooMuch::Deep);
        }
        if cost.values > INTROSPECTION {
            return Err(TooMuch::Costly);
        }
        self.known.insert(name.clone(), Some(cost));
        Ok(cost)
    }
}

//! Variables that a request does not give. What they would have held is left out (GraphQL, section 3.10, "Input Coercion"):
//! to the library it would be `null`, which empties a field where nothing is to be changed.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;

/// The variables that an operation declares, that may be left out, and that are.
pub(super) fn absent(operation: &OperationDefinition, variables: &Variables) -> HashSet<Name> {
    let declared = operation.variable_definitions.iter().map(|one| &one.node);
    let absent = declared.filter(|one| {
        one.var_type.node.nullable && one.default_value.is_none() && !variables.contains_key(&one.name.node)
    });
    absent.map(|one| one.name.node.clone()).collect()
}

/// Leaves out what they would have held.
pub(super) fn leave_out(document: &mut ExecutableDocument, absent: &HashSet<Name>) {
    if absent.is_empty() {
        return;
    }
    let sets = document.fragments.values_mut().map(|fragment| &mut fragment.node.selection_set.node);
    sets.for_each(|set| from_selection(set, absent));
    let operations = match &mut document.operations {
        DocumentOperations::Single(one) => vec![one],
        DocumentOperations::Multiple(all) => all.values_mut().collect(),
    };
    for Positioned { node: operation, .. } in operations {
        operation.variable_definitions.retain(|one| !absent.contains(&one.node.name.node));
        from_selection(&mut operation.selection_set.node, absent);
    }
}

fn is_absent(value: &Value, absent: &HashSet<Name>) -> bool {
    matches!(value, Value::Variable(name) if absent.contains(name))
}

fn from_selection(set: &mut SelectionSet, absent: &HashSet<Name>) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => {
                field.node.arguments.retain(|(_, value)| !is_absent(&value.node, absent));
                for (_, value) in &mut field.node.arguments {
                    from_value(&mut value.node, absent);
                }
                from_selection(&mut field.node.selection_set.node, absent);
            }
            Selection::InlineFragment(inline) => from_selection(&mut inline.node.selection_set.node, absent),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn from_value(value: &mut Value, absent: &HashSet<Name>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_absent(value, absent));
            fields.values_mut().for_each(|value| from_value(value, absent));
        }
        Value::List(all) => {
            all.iter_mut().filter(|one| is_absent(one, absent)).for_each(|one| *one = Value::Null);
            for value in all {
                from_value(value, absent);
            }
        }
        _ => {}
    }
}

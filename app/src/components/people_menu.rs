//! Who is to do a task: everybody of the organization, to put on or to take off.

use leptos::prelude::*;

use crate::components::avatar::avatar;
use crate::components::menu_items::checkable;
use crate::components::menu_layer::MenuTarget;
use crate::state::changes::Edit;
use crate::state::use_app;

#[component]
pub(crate) fn AssigneeItems(target: MenuTarget) -> impl IntoView {
    let people = use_app().present_people();
    let items = people.into_iter().map(|person| {
        let id = person.id;
        let assigned = Signal::derive(move || target.values.with(|values| values.assignees.contains(&id)));
        let picture = avatar(Some(id), &person.name);
        // The menu stays: often there are several.
        let toggle = move || target.apply.run(Edit::Assign(id, !assigned.get_untracked()));
        checkable("menuitemcheckbox", picture, person.name, assigned, Box::new(toggle))
    });
    items.collect_view()
}

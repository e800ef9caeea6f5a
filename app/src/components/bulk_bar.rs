//! What can be done with all selected tasks at once.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::components::menu_layer::role;
use crate::components::property::opens;
use crate::i18n as t;
use crate::state::selection::menu_name;
use crate::state::ui::{Menu, Subject};
use crate::state::use_app;

#[component]
pub(crate) fn BulkBar() -> impl IntoView {
    let app = use_app();
    let count = Memo::new(move |_| app.ui.selection.with(Vec::len));
    let delete = move |_| {
        app.delete_at_hand();
    };
    let menu = move |name: &'static str, href: &'static str, menu: Menu| {
        let open = opens(app.ui.menus, menu, Subject::Selection);
        view! {
            <button
                class="btn small plain"
                type="button"
                aria-haspopup=role(menu)
                data-menu=menu_name(menu)
                title=name
                on:click=open
            >
                {icon(href)}
                <span class="bulk-name">{name}</span>
            </button>
        }
        .into_any()
    };
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="bulk" role="toolbar" aria-label=t::selected_tasks()>
                <span class="count">{move || t::selected(count.get())}</span>
                {menu(t::status(), "#i-s-progress", Menu::Status)}
                {menu(t::priority(), "#i-p-high", Menu::Priority)}
                {menu(t::change_assignees(), "#i-mine", Menu::Assignees)}
                {menu(t::due_date(), "#i-calendar", Menu::Due)}
                {menu(t::tags(), "#i-tag", Menu::Tags)}
                {menu(t::move_tasks(), "#i-move", Menu::Project)}
                <button class="btn small plain danger" type="button" title=t::delete() on:click=delete>
                    {icon("#i-trash")}
                    <span class="bulk-name">{t::delete()}</span>
                </button>
                <button class="icon-btn" type="button" aria-label=t::clear_selection() on:click=move |_| app.clear_selection()>
                    {icon("#i-close")}
                </button>
            </div>
        </Show>
    }
    .into_any()
}

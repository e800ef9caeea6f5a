//! What can be done with all selected tasks at once.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::components::property::opens;
use crate::i18n as t;
use crate::state::changes::Edit;
use crate::state::ui::{Menu, Subject};
use crate::state::use_app;

#[component]
pub(crate) fn BulkBar() -> impl IntoView {
    let app = use_app();
    let count = Memo::new(move |_| app.ui.selection.with(Vec::len));
    let clear = move || app.ui.selection.update(Vec::clear);
    let delete = move |_| {
        let ids = app.ui.selection.get_untracked();
        app.edit(&ids, &Edit::Delete);
        clear();
    };
    let menu = move |name: &'static str, href: &'static str, menu: Menu| {
        let open = opens(app.ui.menus, menu, Subject::Selection);
        view! {
            <button class="btn small plain" type="button" aria-haspopup="menu" on:click=open>{icon(href)}{name}</button>
        }
        .into_any()
    };
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="bulk" role="toolbar" aria-label=t::selected_tasks()>
                <span class="count">{move || t::selected(count.get())}</span>
                {menu(t::status(), "#i-s-progress", Menu::Status)}
                {menu(t::priority(), "#i-p-high", Menu::Priority)}
                {menu(t::due_date(), "#i-calendar", Menu::Due)}
                <button class="btn small plain danger" type="button" on:click=delete>
                    {icon("#i-trash")}
                    {t::delete()}
                </button>
                <button class="icon-btn" type="button" aria-label=t::clear_selection() on:click=move |_| clear()>
                    {icon("#i-close")}
                </button>
            </div>
        </Show>
    }
    .into_any()
}

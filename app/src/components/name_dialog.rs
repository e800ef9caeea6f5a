//! The dialog that asks for a name: of a new section or saved view, or of one that gets another.

use engine::command::{Command, CommandError, New};
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, Kind};
use shared::limits::NAME_CHARS;
use shared::value::{Place, Value};
use web_sys::SubmitEvent;

use crate::components::modal::Modal;
use crate::components::place_menus::page_filter;
use crate::i18n as t;
use crate::route::Route;
use crate::state::ui::Naming;
use crate::state::{App, complaint, use_app};

#[component]
pub(crate) fn NameDialogs() -> impl IntoView {
    let app = use_app();
    let open = Signal::derive(move || app.ui.naming.with(Option::is_some));
    let close = Callback::new(move |()| app.ui.naming.set(None));
    view! {
        <Modal open on_close=close label=t::name()>
            {app.ui.naming.get_untracked().map(|naming| view! { <Form naming /> })}
        </Modal>
    }
    .into_any()
}

#[component]
fn Form(naming: Naming) -> impl IntoView {
    let app = use_app();
    let before = name_now(app, naming);
    let name = RwSignal::new(before.clone());
    let error = RwSignal::new(None::<String>);
    let input = NodeRef::<Input>::new();
    input.on_load(|input| {
        request_animation_frame(move || {
            let _ = input.focus();
            input.select();
        });
    });
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let (from, to) = (before.clone(), name.get_untracked().trim().to_owned());
        spawn_local(async move {
            match give(app, naming, from, to).await {
                Ok(()) => app.ui.naming.set(None),
                Err(refused) => error.set(Some(complaint(&refused))),
            }
        });
    };
    view! {
        <form class="dialog-form" on:submit=save novalidate>
            <h2>{t::naming(naming)}</h2>
            <div class="field">
                <label for="given-name">{t::name()}</label>
                <input
                    class="input"
                    id="given-name"
                    type="text"
                    dir="auto"
                    autocomplete="off"
                    maxlength=NAME_CHARS
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby="name-error"
                    node_ref=input
                    prop:value=move || name.get()
                    on:input=move |event| name.set(event_target_value(&event))
                />
                <p class="form-error" id="name-error" role="alert">{move || error.get()}</p>
            </div>
            <div class="btn-row end">
                <button class="btn plain" type="button" on:click=move |_| app.ui.naming.set(None)>{t::cancel()}</button>
                <button class="btn primary" type="submit">{t::save()}</button>
            </div>
        </form>
    }
    .into_any()
}

fn name_now(app: App, naming: Naming) -> String {
    let Naming::Rename(entity) = naming else { return String::new() };
    let name = untrack(|| match entity {
        EntityId::Project(id) => app.project_name(id),
        EntityId::Section(id) => app.section_name(id),
        EntityId::SavedView(id) => app.saved_view(id).map(|view| view.name),
        _ => None,
    });
    name.unwrap_or_default()
}

async fn give(app: App, naming: Naming, from: String, to: String) -> Result<(), CommandError> {
    match naming {
        Naming::Rename(entity) => app.edit_text(entity, TextField::Name, from, to).await,
        Naming::NewSection(project) => {
            let place = Place { project: Some(project), ..Place::default() };
            let new = New::of(Kind::Section).text(TextField::Name, to).value(Field::Place, place);
            app.dispatch(Command::Create(new)).await.map(drop)
        }
        Naming::NewView => {
            let filter = page_filter(app).map_or(Value::Nothing, Value::Text);
            let new = New::of(Kind::SavedView).text(TextField::Name, to).value(Field::Filter, filter);
            let made = app.dispatch(Command::Create(new)).await?;
            if let EntityId::SavedView(id) = made {
                app.go(Route::View(id));
            }
            Ok(())
        }
    }
}

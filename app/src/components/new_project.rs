//! The dialog for a new project.

use engine::command::Command;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::ProjectId;
use web_sys::SubmitEvent;

use crate::components::modal::Modal;
use crate::i18n as t;
use crate::route::Route;
use crate::state::{complaint, use_app};

#[component]
pub(crate) fn NewProjectDialog() -> impl IntoView {
    let app = use_app();
    let close = Callback::new(move |()| app.ui.new_project.set(false));
    view! {
        <Modal open=app.ui.new_project on_close=close label=t::new_project()><Form /></Modal>
    }
    .into_any()
}

#[component]
fn Form() -> impl IntoView {
    let app = use_app();
    let name = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let input = NodeRef::<Input>::new();
    input.on_load(|input| {
        request_animation_frame(move || drop(input.focus()));
    });
    let create = move |event: SubmitEvent| {
        event.prevent_default();
        let name = name.get_untracked().trim().to_owned();
        spawn_local(async move {
            match app.create(Command::create_project(name)).await {
                Ok(made) => {
                    app.ui.new_project.set(false);
                    app.go(Route::Project(ProjectId(made.uuid())));
                }
                Err(refused) => error.set(Some(complaint(&refused))),
            }
        });
    };
    view! {
        <form class="dialog-form" on:submit=create novalidate>
            <h2>{t::new_project()}</h2>
            <div class="field">
                <label for="project-name">{t::project_name()}</label>
                <input
                    class="input"
                    id="project-name"
                    type="text"
                    dir="auto"
                    autocomplete="off"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby="project-error"
                    node_ref=input
                    prop:value=move || name.get()
                    on:input=move |event| name.set(event_target_value(&event))
                />
                <p class="form-error" id="project-error" role="alert">{move || error.get()}</p>
            </div>
            <div class="btn-row end">
                <button class="btn plain" type="button" on:click=move |_| app.ui.new_project.set(false)>
                    {t::cancel()}
                </button>
                <button class="btn primary" type="submit">{t::create_project()}</button>
            </div>
        </form>
    }
    .into_any()
}

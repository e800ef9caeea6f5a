//! The dialog for a new task. What is typed is kept on this device, should the app be closed; a member without a
//! project gets one on the way.

use engine::command::{Command, NewTask};
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::{EntityId, ProjectId};
use shared::register::Tag;
use shared::workflow::{Priority, Status};
use web_sys::{KeyboardEvent, SubmitEvent};

use crate::components::icon::icon;
use crate::components::menu_layer::{MenuLayer, MenuTarget, Values};
use crate::components::modal::Modal;
use crate::components::property::{due_button, opens, priority_button, status_button};
use crate::components::tag;
use crate::i18n as t;
use crate::state::changes::Edit;
use crate::state::ui::{Menu, Menus, Preset, Subject, draft, forget_draft, keep_draft};
use crate::state::{App, complaint, use_app};

#[component]
pub(crate) fn NewTaskDialog() -> impl IntoView {
    let app = use_app();
    let open = Signal::derive(move || app.ui.new_task.with(Option::is_some));
    let close = Callback::new(move |()| app.ui.new_task.set(None));
    view! {
        <Modal open on_close=close label=t::new_task() class="dialog quick">
            <Form preset=app.ui.new_task.get_untracked().unwrap_or_default() />
        </Modal>
    }
    .into_any()
}

/// The task as it is being made.
#[derive(Clone, Copy)]
struct Draft {
    app: App,
    title: RwSignal<String>,
    project: RwSignal<Option<ProjectId>>,
    /// For a member who has no project yet.
    project_name: RwSignal<String>,
    values: RwSignal<Values>,
    error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Draft {
    fn new(app: App, preset: Preset) -> Self {
        let first = app.projects.with_untracked(|projects| projects.first().map(|item| item.value.id));
        let known = |id: &ProjectId| app.projects.with_untracked(|all| all.iter().any(|item| item.value.id == *id));
        let values = Values {
            status: Some(preset.status.unwrap_or(Status::Todo)),
            priority: Some(Priority::None),
            ..Values::default()
        };
        Self {
            app,
            title: RwSignal::new(draft()),
            project: RwSignal::new(preset.project.filter(known).or(first)),
            project_name: RwSignal::new(t::default_project().to_owned()),
            values: RwSignal::new(values),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    fn type_title(self, title: String) {
        keep_draft(&title);
        self.title.set(title);
        self.error.set(None);
    }

    fn apply(self, edit: Edit) {
        self.values.update(|values| match edit {
            Edit::Status(status) => values.status = Some(status),
            Edit::Priority(priority) => values.priority = Some(priority),
            Edit::Due(due) => values.due = due,
            Edit::Tags { add, remove } => {
                values.tags.retain(|tag| !remove.contains(tag) && !add.contains(tag));
                values.tags.extend(add);
                values.tags.sort();
            }
            // The dialog offers no others.
            _ => {}
        });
    }

    fn submit(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match self.create().await {
                Ok(EntityId::Task(id)) => {
                    forget_draft();
                    self.app.ui.new_task.set(None);
                    self.app.ui.cursor.set(Some(id));
                    self.app.ui.reveal.set(Some(id));
                }
                Ok(_) => {}
                Err(error) => self.error.set(Some(complaint(&error))),
            }
            let _ = self.busy.try_set(false);
        });
    }

    async fn create(self) -> Result<EntityId, engine::command::CommandError> {
        let project = match self.project.get_untracked() {
            Some(project) => project,
            None => self.create_project().await?,
        };
        let values = self.values.get_untracked();
        let task = NewTask {
            project,
            title: self.title.get_untracked().trim().to_owned(),
            status: values.status.unwrap_or(Status::Todo),
            priority: values.priority.unwrap_or(Priority::None),
            due: values.due,
            tags: values.tags,
        };
        self.app.dispatch(Command::create_task(task)).await
    }

    async fn create_project(self) -> Result<ProjectId, engine::command::CommandError> {
        let name = self.project_name.get_untracked().trim().to_owned();
        let made = self.app.dispatch(Command::create_project(name)).await?;
        let id = ProjectId(made.uuid());
        // A task that is refused now does not make the project a second time.
        self.project.set(Some(id));
        Ok(id)
    }
}

#[component]
fn Form(preset: Preset) -> impl IntoView {
    let app = use_app();
    let draft = Draft::new(app, preset);
    let menus = Menus::new();
    let target =
        MenuTarget { app, menus, values: draft.values.into(), apply: Callback::new(move |edit| draft.apply(edit)) };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        draft.submit();
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            draft.submit();
        }
    };
    let saved = move || {
        draft.title.with(|title| !title.trim().is_empty()).then(|| {
            view! { <span class="unsynced">{icon("#i-device-check")}<span>{t::draft_saved()}</span></span> }
        })
    };
    view! {
        <form on:submit=on_submit on:keydown=on_key novalidate>
            <div class="quick-body">
                <Title draft />
                <ProjectField draft />
                <Properties draft menus />
            </div>
            <div class="quick-foot">
                {saved}
                <button class="btn primary" type="submit" aria-disabled=move || draft.busy.get().then_some("true")>
                    {t::create_task()}
                </button>
            </div>
        </form>
        <MenuLayer target />
    }
    .into_any()
}

#[component]
fn Title(draft: Draft) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    input.on_load(|input| {
        request_animation_frame(move || drop(input.focus()));
    });
    let invalid = move || draft.error.with(Option::is_some).then_some("true");
    view! {
        <input
            class="input"
            type="text"
            aria-label=t::title()
            aria-invalid=invalid
            aria-describedby="new-task-error"
            placeholder=t::title()
            dir="auto"
            autocomplete="off"
            node_ref=input
            prop:value=move || draft.title.get()
            on:input=move |event| draft.type_title(event_target_value(&event))
        />
        <p class="form-error" id="new-task-error" role="alert">{move || draft.error.get()}</p>
    }
    .into_any()
}

#[component]
fn ProjectField(draft: Draft) -> impl IntoView {
    let app = draft.app;
    let choose = move |event| draft.project.set(event_target_value(&event).parse().ok());
    let options = move || {
        let chosen = draft.project.get();
        app.projects.with(|projects| {
            let option = |id: ProjectId, name: &str| {
                view! { <option value=id.to_string() selected=chosen == Some(id)>{name.to_owned()}</option> }
            };
            projects.iter().map(|item| option(item.value.id, &item.value.name)).collect_view()
        })
    };
    view! {
        <Show
            when=move || !app.projects.with(Vec::is_empty)
            fallback=move || view! {
                <label class="quick-project">
                    <span class="label">{t::project_name()}</span>
                    <input
                        class="text"
                        type="text"
                        dir="auto"
                        prop:value=move || draft.project_name.get()
                        on:input=move |event| draft.project_name.set(event_target_value(&event))
                    />
                </label>
            }
        >
            <label class="quick-project">
                <span class="label">{t::project()}</span>
                <select class="select" on:change=choose>{options}</select>
            </label>
        </Show>
    }
    .into_any()
}

#[component]
fn Properties(draft: Draft, menus: Menus) -> impl IntoView {
    let subject = Subject::Draft;
    let values = draft.values;
    let status = Signal::derive(move || values.with(|values| values.status.unwrap_or(Status::Todo)));
    let priority = Signal::derive(move || values.with(|values| values.priority.unwrap_or(Priority::None)));
    let due = Signal::derive(move || values.with(|values| (values.due, false)));
    let tags = move || values.with(|values| values.tags.iter().map(|tag: &Tag| tag::chip(tag.as_str())).collect_view());
    view! {
        <div class="btn-row">
            {status_button(status, menus, subject)}
            {priority_button(priority, menus, subject)}
            {due_button(due, t::due_date(), menus, subject)}
            <button
                class="prop-btn"
                type="button"
                aria-haspopup="dialog"
                on:click=opens(menus, Menu::Tags, subject)
            >
                {icon("#i-tag")}
                {t::tags()}
            </button>
            {tags}
        </div>
    }
    .into_any()
}

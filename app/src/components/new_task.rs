//! The dialog for a new task. What is typed is kept on this device, should the app be closed; a member without a
//! project gets one on the way.

use engine::command::{Command, CommandError, New, NewTask};
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::Field;
use shared::ids::{EntityId, ProjectId, SectionId};
use shared::register::Tag;
use shared::value::Place;
use shared::workflow::{Priority, Status};
use web_sys::{KeyboardEvent, SubmitEvent};

use crate::components::icon::{icon, priority_icon};
use crate::components::menu_layer::{MenuLayer, MenuTarget, Values};
use crate::components::modal::Modal;
use crate::components::property::{assignees_button, due_button, opens, priority_button, status_button};
use crate::components::tag;
use crate::state::changes::Edit;
use crate::state::quick::{Line, Said, Word, keep, read, without};
use crate::state::ui::{Menu, Menus, Preset, Subject, draft, forget_draft, keep_draft};
use crate::state::{App, complaint, use_app};
use crate::{dates, i18n as t};

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
    /// As it is typed, with the words that say something else.
    text: RwSignal<String>,
    line: Memo<Line>,
    project: RwSignal<Option<ProjectId>>,
    /// For a member who has no project yet.
    project_name: RwSignal<String>,
    /// What was chosen.
    chosen: RwSignal<Values>,
    /// What was chosen, and said.
    values: Memo<Values>,
    /// Where it goes in this project.
    section: Option<(ProjectId, SectionId)>,
    error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Draft {
    fn new(app: App, preset: Preset) -> Self {
        let preset = preset.or(app.page_preset());
        let first = app.projects.with_untracked(|projects| projects.first().map(|item| item.value.id));
        let known = |id: &ProjectId| app.projects.with_untracked(|all| all.iter().any(|item| item.value.id == *id));
        let chosen = RwSignal::new(Values {
            status: Some(preset.status.unwrap_or(Status::Todo)),
            priority: Some(preset.priority.unwrap_or(Priority::None)),
            due: preset.due,
            assignees: preset.assignee.into_iter().collect(),
            ..Values::default()
        });
        let project = RwSignal::new(preset.project.filter(known).or(first));
        let text = RwSignal::new(draft());
        let line = Memo::new(move |_| match dates::today() {
            Some(today) => text.with(|text| read(text, today, &|meaning| app.meant(meaning))),
            None => Line { title: text.get(), words: Vec::new() },
        });
        let values = Memo::new(move |_| {
            let mut values = Values { project: project.get(), ..chosen.get() };
            line.with(|line| line.words.iter().for_each(|word| say(&mut values, &word.said)));
            values
        });
        Self {
            app,
            text,
            line,
            project,
            project_name: RwSignal::new(t::default_project().to_owned()),
            chosen,
            values,
            section: preset.project.zip(preset.section),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    fn type_text(self, text: String) {
        keep_draft(&text);
        self.text.set(text);
        self.error.set(None);
    }

    /// What is chosen counts; a word that said something else of the same goes.
    fn apply(self, edit: &Edit) {
        self.drop_words(&|said| match (edit, said) {
            (Edit::Priority(_), Said::Priority(_)) | (Edit::Due(_), Said::Due(_)) => true,
            (Edit::Tags { remove, .. }, Said::Tag(tag)) => remove.contains(tag),
            (Edit::Assign(who, false), Said::Person(person)) => who == person,
            _ => false,
        });
        self.chosen.update(|values| values.apply(edit));
    }

    fn choose_project(self, project: Option<ProjectId>) {
        self.drop_words(&|said| matches!(said, Said::Project(_)));
        self.project.set(project);
    }

    fn drop_words(self, gone: &dyn Fn(&Said) -> bool) {
        let text = self.line.with_untracked(|line| self.text.with_untracked(|text| without(text, &line.words, gone)));
        if self.text.with_untracked(|now| *now != text) {
            self.type_text(text);
        }
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

    async fn create(self) -> Result<EntityId, CommandError> {
        let values = self.values.get_untracked();
        let project = match values.project {
            Some(project) => project,
            None => self.create_project().await?,
        };
        let task = NewTask {
            project,
            title: self.line.with_untracked(|line| line.title.clone()),
            status: values.status.unwrap_or(Status::Todo),
            priority: values.priority.unwrap_or(Priority::None),
            due: values.due,
            tags: values.tags,
        };
        let section = self.section.filter(|(of, _)| *of == project).map(|(_, section)| section);
        let place = Place { project: Some(project), section, ..Place::default() };
        let task = New::from(task).value(Field::Place, place).value(Field::Assignees, values.assignees);
        self.app.create(Command::Create(task)).await
    }

    async fn create_project(self) -> Result<ProjectId, CommandError> {
        let name = self.project_name.get_untracked().trim().to_owned();
        let made = self.app.dispatch(Command::create_project(name)).await?;
        let id = ProjectId(made.uuid());
        // A task that is refused now does not make the project a second time.
        self.project.set(Some(id));
        Ok(id)
    }
}

/// Takes in what a word says.
fn say(values: &mut Values, said: &Said) {
    match said {
        Said::Due(date) => values.due = Some(*date),
        Said::Priority(priority) => values.priority = Some(*priority),
        Said::Tag(tag) => values.apply(&Edit::Tags { add: vec![tag.clone()], remove: Vec::new() }),
        Said::Project(project) => values.project = Some(*project),
        Said::Person(who) => values.apply(&Edit::Assign(*who, true)),
    }
}

#[component]
fn Form(preset: Preset) -> impl IntoView {
    let app = use_app();
    let draft = Draft::new(app, preset);
    let menus = Menus::new();
    let target =
        MenuTarget { app, menus, values: draft.values.into(), apply: Callback::new(move |edit| draft.apply(&edit)) };
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
        draft.text.with(|text| !text.trim().is_empty()).then(|| {
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
            aria-describedby="new-task-error new-task-hint"
            placeholder=t::title()
            dir="auto"
            autocomplete="off"
            node_ref=input
            prop:value=move || draft.text.get()
            on:input=move |event| draft.type_text(event_target_value(&event))
        />
        <Understood draft input />
        <p class="form-error" id="new-task-error" role="alert">{move || draft.error.get()}</p>
    }
    .into_any()
}

/// The words of the line that say something, each with a way to say nothing; or what could be said.
#[component]
fn Understood(draft: Draft, input: NodeRef<Input>) -> impl IntoView {
    let chip = move |word: Word| {
        let keep_it = move |_| {
            draft.type_text(draft.text.with_untracked(|text| keep(text, word.place)));
            drop(input.get_untracked().map(|input| input.focus()));
        };
        view! {
            <li class="chip" data-active>
                {said_icon(&word.said)}
                <b dir="auto">{word.text.clone()}</b>
                <button class="chip-x" type="button" aria-label=t::keep_as_text(&word.text) on:click=keep_it>
                    {icon("#i-close")}
                </button>
            </li>
        }
        .into_any()
    };
    let chips = move || {
        let words = draft.line.with(|line| line.words.clone());
        if words.is_empty() {
            return view! { <p class="hint" id="new-task-hint">{t::quick_hint()}</p> }.into_any();
        }
        let chips = words.into_iter().map(chip).collect_view();
        view! { <ul class="understood" role="list" aria-label=t::understood()>{chips}</ul> }.into_any()
    };
    chips.into_any()
}

fn said_icon(said: &Said) -> AnyView {
    match said {
        Said::Due(_) => icon("#i-calendar"),
        Said::Priority(priority) => priority_icon(*priority),
        Said::Tag(tag) => tag::glyph(tag.as_str().as_bytes()),
        Said::Project(id) => tag::glyph(id.0.as_bytes()),
        Said::Person(_) => icon("#i-mine"),
    }
}

#[component]
fn ProjectField(draft: Draft) -> impl IntoView {
    let app = draft.app;
    let choose = move |event| draft.choose_project(event_target_value(&event).parse().ok());
    let options = move || {
        let chosen = draft.values.with(|values| values.project);
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
    let assignees = Signal::derive(move || {
        let name = |id| draft.app.person_name(id).unwrap_or_else(|| t::somebody().to_owned());
        values.with(|values| values.assignees.iter().map(|id| (*id, name(*id))).collect::<Vec<_>>())
    });
    let tags = move || values.with(|values| values.tags.iter().map(|tag: &Tag| tag::chip(tag.as_str())).collect_view());
    view! {
        <div class="btn-row">
            {status_button(status, menus, subject)}
            {priority_button(priority, menus, subject)}
            {assignees_button(assignees, menus, subject)}
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

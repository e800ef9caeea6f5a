//! What Tern announces above the list: a new version, the installation, a sign-in that is needed. Never in the way.

use engine::command::Command;
use engine::status::Blocked;
use leptos::prelude::*;
use shared::ids::TaskId;

use crate::components::icon::{icon, mark};
use crate::i18n as t;
use crate::route::Route;
use crate::state::changes::Edit;
use crate::state::{App, use_app};

#[component]
pub(crate) fn Banners() -> impl IntoView {
    let app = use_app();
    let blocked = Memo::new(move |_| {
        app.status.with(|status| status.as_ref().and_then(|status| Some((status.blocked?, status.waiting))))
    });
    let overruled = Memo::new(move |_| {
        let tasks = app.tasks.overruled.get().into_iter().filter_map(|id| app.tasks.task(id));
        tasks.filter(|task| app.author(task.updated.actor).me).map(|task| task.id).collect::<Vec<_>>()
    });
    let any = move || {
        blocked.get().is_some()
            || overruled.with(|tasks| !tasks.is_empty())
            || app.pwa.update_ready.get()
            || app.pwa.installable.get()
            || app.broken.with(Option::is_some)
    };
    view! {
        <Show when=any>
            <div class="announce" role="region" aria-label=t::announcements()>
                {move || app.broken.get().map(|reason| broken(&reason))}
                {move || matches!(blocked.get(), Some((Blocked::SignIn, _))).then(|| {
                    sign_in_again(blocked.get().map_or(0, |(_, waiting)| waiting))
                })}
                {move || overruled.get().into_iter().filter_map(|id| lost_edit(app, id)).collect_view()}
                <Show when=move || app.pwa.update_ready.get()><Update /></Show>
                <Show when=move || app.pwa.installable.get()><Install /></Show>
            </div>
        </Show>
    }
    .into_any()
}

fn broken(reason: &str) -> AnyView {
    view! {
        <div class="banner" role="alert">
            {icon("#i-warning")}
            <p><b>{t::open_error()}</b>{reason.to_owned()}</p>
        </div>
    }
    .into_any()
}

fn sign_in_again(waiting: usize) -> AnyView {
    view! {
        <div class="banner update" role="status">
            {icon("#i-warning")}
            <p><b>{t::sign_in_again(waiting)}</b></p>
            <div class="btn-row"><a class="btn primary small" href=Route::SignIn.href()>{t::sign_in()}</a></div>
        </div>
    }
    .into_any()
}

/// Tells a member that a task is deleted which the member was editing meanwhile. Who leaves it deleted says so to the
/// team with a deletion of their own, which has seen everything: no device asks again.
fn lost_edit(app: App, id: TaskId) -> Option<AnyView> {
    let task = app.tasks.task(id)?;
    let author = app.author(task.deletion?.actor);
    let leave = move |_| app.send(Command::Delete(id.into()));
    let banner = view! {
        <div class="banner update" role="status">
            {icon("#i-trash")}
            <p><b dir="auto">{t::overruled(&task.title, &author)}</b>{t::overruled_lead()}</p>
            <div class="btn-row">
                <button class="btn plain small" type="button" on:click=leave>{t::leave_deleted()}</button>
                <button class="btn primary small" type="button" on:click=move |_| app.edit(&[id], &Edit::Restore)>
                    {t::restore_with_changes()}
                </button>
            </div>
        </div>
    };
    Some(banner.into_any())
}

#[component]
fn Update() -> impl IntoView {
    let app = use_app();
    view! {
        <div class="banner update" role="status">
            {icon("#i-restore")}
            <p><b>{t::update_title()}</b>{t::update_text()}</p>
            <div class="btn-row">
                <button class="btn plain small" type="button" on:click=move |_| app.pwa.update_ready.set(false)>
                    {t::later()}
                </button>
                <button class="btn primary small" type="button" on:click=move |_| app.host().apply_update()>
                    {t::update_now()}
                </button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Install() -> impl IntoView {
    let pwa = use_app().pwa;
    view! {
        <div class="banner">
            {mark()}
            <p><b>{t::install_title()}</b>{t::install_text()}</p>
            <div class="btn-row">
                <button class="btn plain small" type="button" on:click=move |_| pwa.decline()>{t::not_now()}</button>
                <button class="btn small" type="button" on:click=move |_| pwa.install()>{t::install()}</button>
            </div>
        </div>
    }
    .into_any()
}

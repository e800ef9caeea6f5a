//! The pages, one for each kind of address.

mod not_found;
mod register;
mod sign_in;
mod workspace;

use leptos::prelude::*;

use crate::route::Route;
use crate::state::use_app;

/// Which page there is to show. The list stays while its tasks are opened and closed.
#[derive(Clone, PartialEq, Eq)]
enum Page {
    Workspace,
    SignIn,
    Register(Option<String>),
    NotFound,
}

#[component]
pub(crate) fn Pages() -> impl IntoView {
    let app = use_app();
    let page = Memo::new(move |_| match app.route.get() {
        Route::SignIn => Page::SignIn,
        Route::Register { invitation } => Page::Register(invitation),
        Route::NotFound => Page::NotFound,
        _ => Page::Workspace,
    });
    move || match page.get() {
        Page::Workspace => view! { <workspace::Workspace /> }.into_any(),
        Page::SignIn => view! { <sign_in::SignIn /> }.into_any(),
        Page::Register(invitation) => view! { <register::Register invitation /> }.into_any(),
        Page::NotFound => view! { <not_found::NotFound /> }.into_any(),
    }
}

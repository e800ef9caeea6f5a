//! Who works here: opening a member's local data, and forgetting what was shown when another one comes.

use std::rc::Rc;

use engine::view::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::account::Account;

use crate::host::Listener;
use crate::route::Route;
use crate::state::{App, complaint, ui};

impl App {
    /// Opens the local data of whoever used this device last.
    pub(crate) fn open(self) {
        let opening = self.opening.get_value().wrapping_add(1);
        self.opening.set_value(opening);
        let is_current = move || self.opening.get_value() == opening;
        let listener: Listener = Rc::new(move |event: Event| {
            if is_current() {
                self.hear(event);
            }
        });
        let host = self.host();
        spawn_local(async move {
            let opened = host.open(listener).await;
            if !is_current() {
                return;
            }
            match opened {
                Ok(()) => self.loaded.set(true),
                Err(error) => self.broken.set(Some(complaint(&error))),
            }
        });
    }

    /// After a sign-in or a registration: shows this member's tasks.
    pub(crate) fn signed_in(self, account: Account) {
        self.clear();
        self.account.set(Some(account));
        self.go_instead(Route::Tasks);
        self.open();
    }

    /// Ends the session and shows nothing of it any more.
    pub(crate) fn sign_out(self) {
        // The server may take its time to hear of it.
        spawn_local(self.host().logout());
        self.opening.update_value(|opening| *opening = opening.wrapping_add(1));
        self.account.set(None);
        ui::forget_drafts();
        self.clear();
        self.go_instead(Route::SignIn);
    }

    fn clear(self) {
        self.tasks.clear();
        self.projects.update(Vec::clear);
        self.views.sections.update(Vec::clear);
        self.views.saved.update(Vec::clear);
        self.people.update(Vec::clear);
        self.custom_fields.update(Vec::clear);
        self.comments.clear();
        self.attachments.clear();
        self.search.clear();
        self.refused.update(Vec::clear);
        self.status.set(None);
        self.loaded.set(false);
        self.broken.set(None);
        self.history.clear();
        self.ui.clear();
    }
}

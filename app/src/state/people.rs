//! Who is in the organization, and who wrote something.

use leptos::prelude::*;
use shared::clock::Actor;
use shared::ids::UserId;
use shared::member::MemberView;

use crate::i18n as t;
use crate::state::App;

/// A person, or whoever it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Author {
    /// `None` where this device does not know whose device wrote.
    pub(crate) id: Option<UserId>,
    pub(crate) name: String,
    /// Whether it was this member.
    pub(crate) me: bool,
}

impl App {
    /// This member, while there is one.
    pub(crate) fn me(self) -> Option<UserId> {
        self.account.with(|account| account.as_ref().map(|account| account.user))
    }

    /// Who wrote with this device.
    pub(crate) fn author(self, actor: Actor) -> Author {
        let own = self.account.with(|account| account.as_ref().is_some_and(|account| account.actor == actor));
        let id = if own { self.me() } else { None };
        let name = id.and_then(|id| self.person_name(id)).unwrap_or_else(|| t::somebody().to_owned());
        Author { me: id.is_some() && id == self.me(), id, name }
    }

    pub(crate) fn person_name(self, id: UserId) -> Option<String> {
        self.people.with(|people| people.iter().find(|one| one.id == id).map(|one| one.name.clone()))
    }

    /// Those who can be given a task, in alphabetical order.
    pub(crate) fn present_people(self) -> Vec<MemberView> {
        self.people.with(|people| people.iter().filter(|one| !one.gone).cloned().collect())
    }
}

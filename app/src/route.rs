//! The addresses of the app: which there are, and what each shows. Links are made from a [`Route`] and read back into
//! one, so that no component knows how an address is written.

use shared::ids::{ProjectId, SavedViewId, TaskId};

/// A place in the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The tasks of all projects.
    Tasks,
    /// The tasks of one project.
    Project(ProjectId),
    /// One task, beside the list that was shown before.
    Task(TaskId),
    /// What one of the fixed pages shows.
    Page(Page),
    /// The tasks of a saved view.
    View(SavedViewId),
    /// The tasks that have the words of a query.
    Search(String),
    SignIn,
    /// A new account; with an invitation in the organization that it is for.
    Register {
        invitation: Option<String>,
    },
    NotFound,
}

/// The pages that every member has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// What is to be done by whoever looks.
    My,
    /// What nobody has sorted yet.
    Inbox,
    /// What is due today, or should have been done before.
    Today,
    /// What is due later.
    Upcoming,
    Done,
    Trash,
}

impl Page {
    pub const ALL: [Self; 6] = [Self::My, Self::Inbox, Self::Today, Self::Upcoming, Self::Done, Self::Trash];

    fn name(self) -> &'static str {
        match self {
            Self::My => "my",
            Self::Inbox => "inbox",
            Self::Today => "today",
            Self::Upcoming => "upcoming",
            Self::Done => "done",
            Self::Trash => "trash",
        }
    }
}

/// The name of the invitation in the query of a link.
const INVITATION: &str = "invitation=";
/// The name of the words that are searched for in the query of an address.
const WORDS: &str = "q";

impl Route {
    /// Reads the path and the query (with or without `?`) of an address.
    pub fn parse(path: &str, query: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => Self::Tasks,
            (Some("p"), Some(id), None) => id.parse().map_or(Self::NotFound, Self::Project),
            (Some("t"), Some(id), None) => id.parse().map_or(Self::NotFound, Self::Task),
            (Some("search"), None, _) => Self::Search(words(query)),
            (Some("v"), Some(id), None) => id.parse().map_or(Self::NotFound, Self::View),
            (Some("sign-in"), None, _) => Self::SignIn,
            (Some("register"), None, _) => Self::Register { invitation: invitation(query) },
            (Some(name), None, _) => {
                Page::ALL.into_iter().find(|page| page.name() == name).map_or(Self::NotFound, Self::Page)
            }
            _ => Self::NotFound,
        }
    }

    /// The address, to link to.
    pub fn href(&self) -> String {
        match self {
            Self::Tasks | Self::NotFound => "/".to_owned(),
            Self::Project(id) => format!("/p/{id}"),
            Self::Task(id) => format!("/t/{id}"),
            Self::View(id) => format!("/v/{id}"),
            Self::Page(page) => format!("/{}", page.name()),
            Self::Search(words) if words.is_empty() => "/search".to_owned(),
            Self::Search(words) => {
                let encoded: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
                format!("/search?{WORDS}={encoded}")
            }
            Self::SignIn => "/sign-in".to_owned(),
            Self::Register { invitation: None } => "/register".to_owned(),
            Self::Register { invitation: Some(token) } => format!("/register?{INVITATION}{token}"),
        }
    }

    /// Whether the place is for members who are signed in.
    pub fn is_workspace(&self) -> bool {
        self.is_list() || matches!(self, Self::Task(_))
    }

    /// Whether the place shows many tasks.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Tasks | Self::Project(_) | Self::Page(_) | Self::View(_) | Self::Search(_))
    }
}

fn words(query: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    pairs.find_map(|(name, words)| (name == WORDS).then(|| words.into_owned())).unwrap_or_default()
}

/// Tokens are made of characters that an address keeps as they are.
fn invitation(query: &str) -> Option<String> {
    let token = query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix(INVITATION))?;
    (!token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_place_and_a_place_its_address() {
        let id = "0199a000-0000-7000-8000-000000000001";
        let pages = ["/my", "/inbox", "/today", "/upcoming", "/done", "/trash", "/search"];
        let rows = [&format!("/p/{id}"), &format!("/t/{id}"), &format!("/v/{id}")];
        for address in ["/", "/sign-in", "/register"].into_iter().chain(pages).chain(rows.map(String::as_str)) {
            assert_eq!(Route::parse(address, "").href(), address);
        }
        let invited = Route::parse("/register", "?a=b&invitation=x-1_Y");
        assert_eq!(invited, Route::Register { invitation: Some("x-1_Y".into()) });
        assert_eq!(invited.href(), "/register?invitation=x-1_Y");
        for words in ["tide", "low water & c++", "=?#%/", "東京 שלום", ""] {
            let place = Route::Search(words.into());
            let address = place.href();
            let (path, query) = address.split_once('?').unwrap_or((&address, ""));
            assert_eq!(Route::parse(path, query), place, "{address}");
        }
        assert_eq!(Route::parse("/search", "?a=b&q=low+water%20"), Route::Search("low water ".into()));
        for nothing in ["/p", "/p/7", "/t/x/y", "/nowhere", &format!("/t/{id}/more")] {
            assert_eq!(Route::parse(nothing, ""), Route::NotFound, "{nothing}");
        }
    }
}

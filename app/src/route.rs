//! The addresses of the app: which there are, and what each shows. Links are made from a [`Route`] and read back into
//! one, so that no component knows how an address is written.

use shared::ids::{ProjectId, TaskId};

/// A place in the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The tasks of all projects.
    Tasks,
    /// The tasks of one project.
    Project(ProjectId),
    /// One task, beside the list that was shown before.
    Task(TaskId),
    SignIn,
    /// A new account; with an invitation in the organization that it is for.
    Register {
        invitation: Option<String>,
    },
    NotFound,
}

/// The name of the invitation in the query of a link.
const INVITATION: &str = "invitation=";

impl Route {
    /// Reads the path and the query (with or without `?`) of an address.
    pub fn parse(path: &str, query: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => Self::Tasks,
            (Some("p"), Some(id), None) => id.parse().map_or(Self::NotFound, Self::Project),
            (Some("t"), Some(id), None) => id.parse().map_or(Self::NotFound, Self::Task),
            (Some("sign-in"), None, _) => Self::SignIn,
            (Some("register"), None, _) => Self::Register { invitation: invitation(query) },
            _ => Self::NotFound,
        }
    }

    /// The address, to link to.
    pub fn href(&self) -> String {
        match self {
            Self::Tasks | Self::NotFound => "/".to_owned(),
            Self::Project(id) => format!("/p/{id}"),
            Self::Task(id) => format!("/t/{id}"),
            Self::SignIn => "/sign-in".to_owned(),
            Self::Register { invitation: None } => "/register".to_owned(),
            Self::Register { invitation: Some(token) } => format!("/register?{INVITATION}{token}"),
        }
    }

    /// Whether the place is for members who are signed in.
    pub fn is_workspace(&self) -> bool {
        matches!(self, Self::Tasks | Self::Project(_) | Self::Task(_))
    }
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
        for address in ["/", "/sign-in", "/register", &format!("/p/{id}"), &format!("/t/{id}")] {
            assert_eq!(Route::parse(address, "").href(), address);
        }
        let invited = Route::parse("/register", "?a=b&invitation=x-1_Y");
        assert_eq!(invited, Route::Register { invitation: Some("x-1_Y".into()) });
        assert_eq!(invited.href(), "/register?invitation=x-1_Y");
        for nothing in ["/p", "/p/7", "/t/x/y", "/nowhere", &format!("/t/{id}/more")] {
            assert_eq!(Route::parse(nothing, ""), Route::NotFound, "{nothing}");
        }
    }
}

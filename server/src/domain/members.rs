//! Who may change what somebody is in the organization.
//!
//! - Only admins do, and nobody takes from somebody above them or puts somebody above themselves. Everybody may leave.
//! - An organization always has an admin: nobody else could make one.

use shared::ids::UserId;
use shared::scope::Reader;
use shared::value::Role;

/// What a decision about a member depends on, read under the organization's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Who decides.
    pub by: Reader,
    /// About whom.
    pub of: UserId,
    /// Their role; `None`: no member.
    pub role: Option<Role>,
    /// Whether there is another admin.
    pub other_admins: bool,
}

/// Why a member stays what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberProblem {
    #[error("There is no such member in your organization. Choose one of those whom you see.")]
    Unknown,
    #[error("Only admins change roles and remove members. Ask one to do it.")]
    NotAllowed,
    #[error("Only an owner decides who is an owner. Ask one to do it.")]
    Above,
    #[error("This is the organization's last admin. Make somebody else an admin first.")]
    LastAdmin,
}

/// Whether this is an admin of the organization: an owner is one, too.
pub fn leads(role: Role) -> bool {
    role >= Role::Admin
}

/// Whether there is anything to do to give a member a role.
pub fn change(case: &Case, to: Role) -> Result<bool, MemberProblem> {
    if !leads(case.by.role) {
        return Err(MemberProblem::NotAllowed);
    }
    let from = case.role.ok_or(MemberProblem::Unknown)?;
    if from == to {
        return Ok(false);
    }
    if from.max(to) > case.by.role {
        return Err(MemberProblem::Above);
    }
    stays_led(case, from, Some(to))?;
    Ok(true)
}

/// Whether a member may be removed, or leave.
pub fn remove(case: &Case) -> Result<(), MemberProblem> {
    if case.of != case.by.user && !leads(case.by.role) {
        return Err(MemberProblem::NotAllowed);
    }
    let from = case.role.ok_or(MemberProblem::Unknown)?;
    if from > case.by.role {
        return Err(MemberProblem::Above);
    }
    stays_led(case, from, None)
}

fn stays_led(case: &Case, from: Role, to: Option<Role>) -> Result<(), MemberProblem> {
    let led = case.other_admins || !leads(from) || to.is_some_and(leads);
    if led { Ok(()) } else { Err(MemberProblem::LastAdmin) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MemberProblem::{Above, LastAdmin, NotAllowed, Unknown};
    use Role::{Admin, Guest, Member, Owner};
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BO: UserId = UserId(Uuid::from_u128(2));

    /// Ada decides about Bo.
    fn case(by: Role, role: impl Into<Option<Role>>) -> Case {
        Case { by: Reader { user: ADA, role: by }, of: BO, role: role.into(), other_admins: true }
    }

    fn about_oneself(role: Role, other_admins: bool) -> Case {
        Case { of: ADA, other_admins, ..case(role, role) }
    }

    #[test]
    fn only_admins_change_roles() {
        for by in [Guest, Member] {
            for to in Role::ALL {
                assert_eq!(change(&case(by, Guest), to), Err(NotAllowed));
                assert_eq!(change(&about_oneself(by, true), to), Err(NotAllowed));
                // Whether there is such a member is not for them to find out.
                assert_eq!(change(&case(by, None), to), Err(NotAllowed));
            }
        }
        for by in [Admin, Owner] {
            assert_eq!(change(&case(by, Guest), Admin), Ok(true));
            assert_eq!(change(&case(by, Admin), Guest), Ok(true));
            assert_eq!(change(&case(by, Admin), Admin), Ok(false));
            assert_eq!(change(&case(by, None), Guest), Err(Unknown));
        }
    }

    #[test]
    fn nobody_reaches_above_themselves() {
        assert_eq!(change(&case(Admin, Owner), Member), Err(Above));
        assert_eq!(change(&case(Admin, Member), Owner), Err(Above));
        assert_eq!(change(&about_oneself(Admin, true), Owner), Err(Above));
        assert_eq!(change(&case(Owner, Member), Owner), Ok(true));
        assert_eq!(change(&case(Owner, Owner), Member), Ok(true));
        assert_eq!(remove(&case(Admin, Owner)), Err(Above));
        assert_eq!(remove(&case(Owner, Owner)), Ok(()));
    }

    #[test]
    fn admins_remove_and_everybody_may_leave() {
        for role in Role::ALL {
            assert_eq!(remove(&about_oneself(role, true)), Ok(()));
            assert_eq!(remove(&case(role, Guest)), if role >= Admin { Ok(()) } else { Err(NotAllowed) });
            assert_eq!(remove(&case(role, None)), Err(if role >= Admin { Unknown } else { NotAllowed }));
        }
    }

    #[test]
    fn the_last_admin_stays() {
        for role in [Admin, Owner] {
            for to in [Guest, Member] {
                assert_eq!(change(&about_oneself(role, false), to), Err(LastAdmin));
            }
            assert_eq!(remove(&about_oneself(role, false)), Err(LastAdmin));
        }
        assert_eq!(change(&about_oneself(Owner, false), Admin), Ok(true), "is an admin still");
        assert_eq!(remove(&about_oneself(Member, false)), Ok(()));
    }
}

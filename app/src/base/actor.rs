//! Who does something.

use super::ids::{PartnerId, PersonId, ProgrammeId};

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads everything, changes nothing.
    Auditor,
    /// Solves cases.
    Agent,
    /// An agent with higher limits.
    Lead,
    /// Builds, exports and settles payout runs.
    Finance,
    /// Decides.
    Owner,
}

impl Role {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Agent => "agent",
            Self::Lead => "lead",
            Self::Finance => "finance",
            Self::Owner => "owner",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "auditor" => Self::Auditor,
            "agent" => Self::Agent,
            "lead" => Self::Lead,
            "finance" => Self::Finance,
            "owner" => Self::Owner,
            _ => return None,
        })
    }
}

/// A signed-in member of a partner account.
#[derive(Clone, Debug)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The account this session looks at.
    pub partner: PartnerId,
    /// That account's name.
    pub partner_name: String,
    /// Its programme.
    pub programme: ProgrammeId,
}

/// A signed-in member of staff.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The person.
    pub person: PersonId,
    /// The name they sign with.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Who makes a request or runs a command.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Nobody signed in.
    Anonymous,
    /// A partner's member.
    Member(Member),
    /// Staff.
    Staff(Staff),
    /// The command line.
    Command,
    /// Background work.
    Job,
}

impl Actor {
    /// The partner's member, if it is one.
    pub fn member(&self) -> Option<&Member> {
        match self {
            Self::Member(member) => Some(member),
            _ => None,
        }
    }

    /// The member of staff, if it is one.
    pub fn staff(&self) -> Option<&Staff> {
        match self {
            Self::Staff(staff) => Some(staff),
            _ => None,
        }
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Member(member) => Some(member.person),
            Self::Staff(staff) => Some(staff.person),
            _ => None,
        }
    }
}

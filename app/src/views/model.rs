//! A saved view.

use crate::base::actor::{Role, Staff};
use crate::base::ids::{PersonId, SavedViewId};
use crate::desk::filter::Filter;
use crate::desk::model::View;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 40;
/// The most views on one shelf.
pub const MOST: i32 = 20;

/// A view that somebody saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: SavedViewId,
    /// Who saved it.
    pub person: PersonId,
    /// Whether it is for the whole desk.
    pub shared: bool,
    /// Its name.
    pub name: String,
    /// Its place on its shelf, from 1.
    pub position: i32,
    /// The view of the queue.
    pub view: View,
    /// What narrows it.
    pub filter: Filter,
}

impl SavedView {
    /// Whether somebody may rename, move and delete it: their own, and as a lead or an owner what the desk shares.
    pub fn is_kept_by(&self, staff: &Staff) -> bool {
        if self.shared { may_share(staff) } else { self.person == staff.person }
    }
}

/// Whether somebody may save views for the whole desk.
pub fn may_share(staff: &Staff) -> bool {
    matches!(staff.role, Role::Lead | Role::Owner)
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is none.
    Empty,
    /// It is longer than [`LONGEST_NAME`].
    TooLong,
}

/// A name as it is kept: one line, without spaces around it.
///
/// # Errors
/// What is wrong with it.
pub fn parse_name(typed: &str) -> Result<String, NameError> {
    let plain: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(NameError::Empty),
        length if length > LONGEST_NAME => Err(NameError::TooLong),
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(parse_name("  Late \n payouts\u{0} "), Ok("Late payouts".to_owned()));
        assert_eq!(parse_name(" \t "), Err(NameError::Empty));
        assert_eq!(parse_name(&"é".repeat(40)), Ok("é".repeat(40)));
        assert_eq!(parse_name(&"é".repeat(41)), Err(NameError::TooLong));
    }
}

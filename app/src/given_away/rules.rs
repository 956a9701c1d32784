//! Who takes a case that somebody gives away. Pure.

use crate::base::ids::PersonId;

/// Somebody who leads the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The person.
    pub person: PersonId,
    /// The name they sign with.
    pub name: String,
    /// Whether they are on duty now.
    pub on_duty: bool,
    /// Whether they are a lead by role; owners come after those.
    pub is_lead: bool,
    /// Cases they work on.
    pub cases: i64,
}

/// The one who takes it: on duty rather than at home, a lead rather than an owner, with few cases rather than many.
/// `None` where nobody but the giver, or those who gave the same case away, leads the desk.
pub fn heir(leads: &[Lead], not_to: &[PersonId]) -> Option<Lead> {
    let others = leads.iter().filter(|lead| !not_to.contains(&lead.person));
    others.min_by_key(|lead| (!lead.on_duty, !lead.is_lead, lead.cases, lead.person)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(person: i64, on_duty: bool, is_lead: bool, cases: i64) -> Lead {
        Lead { person: PersonId(person), name: format!("P{person}"), on_duty, is_lead, cases }
    }

    #[test]
    fn who_is_there_and_has_little_to_do_takes_it() {
        let taken = |leads: &[Lead], not_to: &[i64]| {
            let not_to: Vec<_> = not_to.iter().copied().map(PersonId).collect();
            heir(leads, &not_to).map(|lead| lead.person.0)
        };
        let leads = [lead(1, false, true, 0), lead(2, true, true, 9), lead(3, true, true, 3), lead(4, true, false, 0)];
        assert_eq!(taken(&leads, &[]), Some(3));
        assert_eq!(taken(&leads, &[3]), Some(2));
        assert_eq!(taken(&leads, &[2, 3]), Some(4));
        assert_eq!(taken(&leads, &[2, 3, 4]), Some(1));
        assert_eq!(taken(&leads, &[1, 2, 3, 4]), None);
    }
}

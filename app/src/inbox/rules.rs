//! What becomes of a message: a reply in its case, a new case, or a place in the quarantine. Pure: what had to be looked
//! up is given.

use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::inbox::model::{Failed, Incoming, Reason};
use crate::inbox::trust::Finding;

/// So many servers don't pass one message on; RFC 5321 section 6.3 asks to count them and end a circle.
const MOST_HOPS: usize = 60;

/// A case and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseRef {
    /// The partner.
    pub partner: PartnerId,
    /// The case.
    pub case: CaseId,
}

/// A person who may write to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The person.
    pub person: PersonId,
    /// The active accounts they are a member of.
    pub accounts: Vec<PartnerId>,
}

/// What is known about a message from outside of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Who its From names, if that is a member of a partner.
    pub sender: Option<Sender>,
    /// The case whose signed reply address it was sent to.
    pub addressed: Option<CaseRef>,
    /// Who was given the signed reply addresses that it was sent to.
    pub given_to: Vec<PersonId>,
    /// The case of the mail it answers, ours or one that came in before: the nearest first.
    pub thread: Option<CaseRef>,
    /// The partner of the mail of ours that it answers, also where that belongs to no case.
    pub about: Option<PartnerId>,
    /// The partner of a mail of ours that came back, and its case if it has one.
    pub returned: Option<(PartnerId, Option<CaseId>)>,
    /// Whether its own Message-ID is one that we gave, its From is an address of ours, or it carries our mark.
    pub ours: bool,
    /// What our own mail server found out about whom it is from; `None` where no server is trusted.
    pub finding: Option<Finding>,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A message in this case, by this member.
    Reply(CaseRef, PersonId),
    /// A new case of this partner, by this member.
    NewCase(PartnerId, PersonId),
    /// It waits for a person.
    Quarantine {
        /// Why.
        reason: Reason,
        /// The case it seems to belong to: a proposal to the person who decides.
        near: Option<CaseRef>,
    },
}

/// Decides what becomes of a message. A number in its subject counts for nothing: whoever has seen one could write it.
pub fn fate(message: &Incoming, known: &Known) -> Fate {
    // Who was given the signed address was written to about that case; ids can be copied from any mail.
    let near = known.addressed.or(known.thread);
    let wait = |reason| Fate::Quarantine { reason, near };
    if known.ours || message.hops > MOST_HOPS {
        return wait(Reason::Loop);
    }
    if message.bounce.is_some() {
        let returned = known.returned.and_then(|(partner, case)| Some(CaseRef { partner, case: case? }));
        return Fate::Quarantine { reason: Reason::Bounce, near: returned.or(near) };
    }
    if message.machine.is_some() {
        return wait(Reason::Machine);
    }
    if known.finding == Some(Finding::Forged) {
        return wait(Reason::Forged);
    }
    let Some(sender) = &known.sender else { return wait(Reason::Stranger) };
    // A name is easily written. What proves it is the server that looked, or an address that was given to this person alone.
    if known.finding == Some(Finding::Unproven)
        && !known.given_to.contains(&sender.person)
        && !sender.accounts.is_empty()
    {
        return wait(Reason::Unproven);
    }
    match (near, sender.accounts.as_slice()) {
        (Some(case), accounts) if accounts.contains(&case.partner) => Fate::Reply(case, sender.person),
        // Into a case of somebody else they come by a person's hand only.
        (Some(_), _) | (None, []) => wait(Reason::Stranger),
        (None, [account]) => Fate::NewCase(*account, sender.person),
        (None, accounts) => match known.about.filter(|partner| accounts.contains(partner)) {
            Some(partner) => Fate::NewCase(partner, sender.person),
            None => wait(Reason::SeveralAccounts),
        },
    }
}

/// The addresses that a delivery report proves to be dead, and the partner they were written to for. It has to be about
/// a mail of ours: anybody can write a report.
pub fn dead_addresses<'a>(message: &'a Incoming, known: &Known) -> Option<(PartnerId, Vec<&'a Failed>)> {
    if known.ours || known.finding == Some(Finding::Forged) {
        return None;
    }
    let partner = known.returned.map(|(partner, _)| partner).or(known.addressed.map(|case| case.partner))?;
    let failed: Vec<_> = message.bounce.as_ref()?.failed.iter().filter(|failed| failed.permanent).collect();
    (!failed.is_empty()).then_some((partner, failed))
}

/// The subject of a new case: without the "Re:" and "Fwd:" of any language, never blank, at most 200 characters.
pub fn case_subject(subject: &str, otherwise: &str) -> String {
    let mut rest = subject.trim();
    while let Some((before, after)) = rest.split_once(':') {
        let prefix = before.trim().to_lowercase();
        let known = [
            "re", "rv", "fw", "fwd", "aw", "wg", "sv", "vs", "tr", "r", "res", "enc", "i", "rif", "odp", "antw",
            "doorst",
        ];
        if !known.contains(&prefix.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')')))
        {
            break;
        }
        rest = after.trim();
    }
    let chosen = if rest.is_empty() { otherwise } else { rest };
    chosen.chars().take(200).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::model::{Bounce, Machine};

    const CASE: CaseRef = CaseRef { partner: PartnerId(1), case: CaseId(12) };

    fn ana(accounts: &[i64]) -> Known {
        let sender = Sender { person: PersonId(7), accounts: accounts.iter().copied().map(PartnerId).collect() };
        Known { sender: Some(sender), ..Known::default() }
    }

    fn waits(reason: Reason, near: Option<CaseRef>) -> Fate {
        Fate::Quarantine { reason, near }
    }

    #[test]
    fn a_member_answers_or_begins() {
        let message = Incoming::default();
        assert_eq!(fate(&message, &Known { thread: Some(CASE), ..ana(&[1]) }), Fate::Reply(CASE, PersonId(7)));
        assert_eq!(fate(&message, &Known { addressed: Some(CASE), ..ana(&[2, 1]) }), Fate::Reply(CASE, PersonId(7)));
        assert_eq!(fate(&message, &ana(&[1])), Fate::NewCase(PartnerId(1), PersonId(7)));
        assert_eq!(fate(&message, &ana(&[1, 2])), waits(Reason::SeveralAccounts, None));
        let about = |partner| Known { about: Some(PartnerId(partner)), ..ana(&[1, 2]) };
        assert_eq!(fate(&message, &about(2)), Fate::NewCase(PartnerId(2), PersonId(7)));
        assert_eq!(fate(&message, &about(3)), waits(Reason::SeveralAccounts, None));
    }

    #[test]
    fn the_signed_address_weighs_more_than_an_id() {
        let other = CaseRef { case: CaseId(13), ..CASE };
        let known = Known { addressed: Some(CASE), thread: Some(other), ..ana(&[1]) };
        assert_eq!(fate(&Incoming::default(), &known), Fate::Reply(CASE, PersonId(7)));
    }

    #[test]
    fn strangers_wait_whatever_they_quote() {
        let message = Incoming { subject: "Re: case 12 [#12]".into(), ..Incoming::default() };
        assert_eq!(fate(&message, &Known::default()), waits(Reason::Stranger, None));
        // Ids and addresses get passed on with a mail.
        let known = Known { addressed: Some(CASE), thread: Some(CASE), ..Known::default() };
        assert_eq!(fate(&message, &known), waits(Reason::Stranger, Some(CASE)));
        // A member of another partner is a stranger there.
        assert_eq!(fate(&message, &Known { thread: Some(CASE), ..ana(&[2]) }), waits(Reason::Stranger, Some(CASE)));
        assert_eq!(fate(&message, &ana(&[])), waits(Reason::Stranger, None));
    }

    #[test]
    fn a_number_in_the_subject_of_a_member_counts_for_nothing() {
        let message = Incoming { subject: "About case 12".into(), ..Incoming::default() };
        assert_eq!(fate(&message, &ana(&[1])), Fate::NewCase(PartnerId(1), PersonId(7)));
    }

    #[test]
    fn machines_circles_and_reports_are_parked_though_a_member_sent_them() {
        let known = Known { thread: Some(CASE), ..ana(&[1]) };
        let away = Incoming { machine: Some(Machine::Automatic), ..Incoming::default() };
        assert_eq!(fate(&away, &known), waits(Reason::Machine, Some(CASE)));
        assert_eq!(
            fate(&Incoming::default(), &Known { finding: Some(Finding::Forged), ..known.clone() }),
            waits(Reason::Forged, Some(CASE))
        );
        assert_eq!(fate(&Incoming { hops: 61, ..Incoming::default() }, &known), waits(Reason::Loop, Some(CASE)));
        assert_eq!(fate(&Incoming::default(), &Known { ours: true, ..known.clone() }), waits(Reason::Loop, Some(CASE)));
        let report =
            Incoming { bounce: Some(Bounce::default()), machine: Some(Machine::Report), ..Incoming::default() };
        assert_eq!(
            fate(&report, &Known { returned: Some((CASE.partner, Some(CASE.case))), ..Known::default() }),
            waits(Reason::Bounce, Some(CASE))
        );
    }

    #[test]
    fn a_name_that_nothing_proves_waits() {
        let message = Incoming::default();
        let unproven = Known { finding: Some(Finding::Unproven), thread: Some(CASE), ..ana(&[1]) };
        assert_eq!(fate(&message, &unproven), waits(Reason::Unproven, Some(CASE)));
        let proven = Known { finding: Some(Finding::Proven), ..unproven.clone() };
        assert_eq!(fate(&message, &proven), Fate::Reply(CASE, PersonId(7)));
        // An address given to Ana proves her, and nobody else.
        let given = |person| Known { addressed: Some(CASE), given_to: vec![PersonId(person)], ..unproven.clone() };
        assert_eq!(fate(&message, &given(7)), Fate::Reply(CASE, PersonId(7)));
        assert_eq!(fate(&message, &given(8)), waits(Reason::Unproven, Some(CASE)));
        // Nobody pretends to be a stranger.
        let stranger = Known { finding: Some(Finding::Unproven), ..Known::default() };
        assert_eq!(fate(&message, &stranger), waits(Reason::Stranger, None));
        // Where no server is trusted, it stays as it was.
        assert_eq!(fate(&message, &Known { finding: None, ..unproven }), Fate::Reply(CASE, PersonId(7)));
    }

    #[test]
    fn a_report_has_to_be_about_a_mail_of_ours() {
        let failed = |permanent| Failed { address: "ana@example.org".into(), permanent, status: "5.1.1".into() };
        let bounce = Bounce { failed: vec![failed(true), failed(false)], returned: None };
        let message = Incoming { bounce: Some(bounce), ..Incoming::default() };
        assert_eq!(dead_addresses(&message, &Known::default()), None);
        let known = Known { returned: Some((PartnerId(1), None)), ..Known::default() };
        assert_eq!(dead_addresses(&message, &known), Some((PartnerId(1), vec![&failed(true)])));
        assert_eq!(
            dead_addresses(&message, &Known { addressed: Some(CASE), ..Known::default() }).map(|dead| dead.0),
            Some(PartnerId(1))
        );
        assert_eq!(dead_addresses(&message, &Known { ours: true, ..known }), None);
    }

    #[test]
    fn subjects_of_new_cases() {
        assert_eq!(case_subject("RE: Fwd: RV: Re[2]: Pago de mayo", "–"), "Pago de mayo");
        assert_eq!(case_subject("Order 77: where is it?", "–"), "Order 77: where is it?");
        assert_eq!(case_subject(" Re: ", "no subject"), "no subject");
        assert_eq!(case_subject(&"x".repeat(300), "–").len(), 200);
    }
}

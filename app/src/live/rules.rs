//! Who is told what: pure, and asked for every page before anything is sent to it.

use super::model::{Event, Kind, Knock, Reader, Say, Side, Told};
use super::snapshot::Snapshot;
use crate::base::ids::PersonId;

/// The most events that are told one by one; after more than that a page reads everything anew.
pub const MOST: usize = 200;
/// The most pages of one person that are told at once, in one process.
pub const MOST_PAGES: usize = 24;

/// Whether a page is told of an event. Partners hear of their own cases alone, and never of notes, marks or who works on
/// them.
pub fn hears(reader: &Reader, event: &Event) -> bool {
    match reader.side {
        Side::Partner(partner) => {
            event.partner == partner && matches!(event.kind, Kind::Opened | Kind::Message | Kind::Stage)
        }
        // Whose role it is told hears of it on every page; on the page of the case everybody does.
        Side::House(_) if event.kind == Kind::Breach => {
            reader.case == Some(event.case) || reader.role.is_some_and(|role| role.as_str() == event.name)
        }
        Side::House(knock) => {
            reader.list
                || reader.case == Some(event.case)
                || (event.kind == Kind::Message && event.by_partner && concerns(reader.person, knock, event))
        }
    }
}

/// Whether an event is about a case of one's own, of nobody's, or of anybody's where one asked for that.
fn concerns(person: PersonId, knock: Knock, event: &Event) -> bool {
    knock == Knock::All || event.assignee.is_none_or(|assignee| assignee == person)
}

/// What a page is told of several events: once for each case, in the order in which they happened.
pub fn tell(reader: &Reader, events: &[Event]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for event in events.iter().filter(|event| hears(reader, event)) {
        let say = say(reader, event);
        let knock = knocks(reader, event);
        match told.iter_mut().find(|told| told.case == event.case) {
            Some(told) => {
                told.knock |= knock;
                told.say = louder(told.say.take(), say);
            }
            None => told.push(Told { case: event.case, say, knock }),
        }
    }
    told
}

fn say(reader: &Reader, event: &Event) -> Option<Say> {
    if event.person == Some(reader.person) {
        return None;
    }
    match event.kind {
        Kind::Message => Some(Say::Wrote(event.name.clone())),
        Kind::Note => Some(Say::Noted(event.name.clone())),
        Kind::Opened | Kind::Stage | Kind::Assigned | Kind::Changed => Some(Say::Changed),
        Kind::Breach => Some(Say::RanOut),
        Kind::Marked => None,
    }
}

/// Words of somebody say more than that something changed; of two alike the later one counts.
fn louder(first: Option<Say>, second: Option<Say>) -> Option<Say> {
    match (first, second) {
        (first, None) => first,
        (Some(first), Some(Say::Changed)) => Some(first),
        // What is told to a role is not lost beside words, which the page shows anyway.
        (Some(Say::RanOut), Some(_)) => Some(Say::RanOut),
        (Some(first @ Say::Wrote(_)), Some(Say::Noted(_))) => Some(first),
        (_, second) => second,
    }
}

fn knocks(reader: &Reader, event: &Event) -> bool {
    let Side::House(knock) = reader.side else { return false };
    knock != Knock::Off
        && event.kind == Kind::Message
        && event.by_partner
        && event.person != Some(reader.person)
        && concerns(reader.person, knock, event)
}

/// Whether a reader's place is none that can be gone on from: something after it was cleared away already, or it comes
/// from another cluster (a copy that was restored).
pub fn is_lost(place: &Snapshot, now: &Snapshot, forgotten: u64) -> bool {
    place.xmin() <= forgotten || place.xmax() > now.xmax()
}

/// The longest name of a field.
const LONGEST_NAME: usize = 80;

/// Whether a text could be the name of a field whose drafts are kept.
pub fn is_field(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::actor::Role;
    use proptest::prelude::*;

    #[test]
    fn only_names_of_fields_are_taken() {
        assert!(is_field("case-12-reply"));
        for name in ["", "-a", "A", "a b", "ä", "a'--", &"a".repeat(81)] {
            assert!(!is_field(name), "{name}");
        }
    }

    const ME: PersonId = PersonId(1);
    const OTHER: PersonId = PersonId(2);

    fn event(kind: Kind, case: i64) -> Event {
        Event {
            xid: 1,
            kind,
            partner: 7.into(),
            case: case.into(),
            by_partner: true,
            person: Some(PersonId(9)),
            name: "Ana Soler".into(),
            assignee: Some(ME),
        }
    }

    fn staff(knock: Knock) -> Reader {
        Reader { person: ME, side: Side::House(knock), role: Some(Role::Agent), case: None, list: false }
    }

    fn member() -> Reader {
        Reader { person: PersonId(9), side: Side::Partner(7.into()), role: None, case: Some(3.into()), list: true }
    }

    #[test]
    fn a_partner_hears_of_their_own_cases_and_never_of_the_house() {
        let hears = |event: &Event| super::hears(&member(), event);
        assert!(hears(&event(Kind::Message, 3)));
        assert!(hears(&event(Kind::Stage, 4)));
        assert!(hears(&event(Kind::Opened, 4)));
        assert!(!hears(&event(Kind::Note, 3)));
        assert!(!hears(&event(Kind::Marked, 3)));
        assert!(!hears(&event(Kind::Assigned, 3)));
        assert!(!hears(&event(Kind::Changed, 3)));
        assert!(Kind::ALL.iter().all(|kind| !hears(&Event { partner: 8.into(), ..event(*kind, 3) })));
    }

    #[test]
    fn a_page_hears_of_its_case_and_of_what_concerns_its_reader() {
        let theirs = Event { assignee: Some(OTHER), ..event(Kind::Message, 3) };
        let note = Event { assignee: Some(OTHER), ..event(Kind::Note, 3) };
        let page = staff(Knock::Mine);
        assert!(!hears(&page, &theirs) && !hears(&page, &note));
        assert!(hears(&Reader { case: Some(3.into()), ..page }, &note));
        assert!(hears(&Reader { list: true, ..page }, &theirs));
        assert!(hears(&page, &Event { assignee: None, ..theirs.clone() }));
        assert!(hears(&staff(Knock::All), &theirs));
        assert!(!hears(&page, &Event { by_partner: false, ..event(Kind::Message, 3) }));
    }

    #[test]
    fn the_knock_is_for_partners_words_and_off_until_it_is_wanted() {
        let knocks =
            |knock, event: &Event| tell(&staff(knock), std::slice::from_ref(event)).iter().any(|told| told.knock);
        let mine = event(Kind::Message, 3);
        let theirs = Event { assignee: Some(OTHER), ..mine.clone() };
        assert_eq!([Knock::Off, Knock::Mine, Knock::All].map(|knock| knocks(knock, &mine)), [false, true, true]);
        assert_eq!([Knock::Off, Knock::Mine, Knock::All].map(|knock| knocks(knock, &theirs)), [false, false, true]);
        let note = Event { by_partner: false, ..event(Kind::Note, 3) };
        assert!(!tell(&Reader { list: true, ..staff(Knock::All) }, &[note])[0].knock);
        assert!(
            tell(&member(), &[Event { person: Some(OTHER), by_partner: false, ..mine }]).iter().all(|told| !told.knock)
        );
    }

    #[test]
    fn what_happened_to_a_case_at_once_is_told_once() {
        let page = Reader { list: true, ..staff(Knock::Mine) };
        let events = [event(Kind::Opened, 3), event(Kind::Message, 3), event(Kind::Stage, 4), event(Kind::Stage, 3)];
        let told = tell(&page, &events);
        assert_eq!(told[0], Told { case: 3.into(), say: Some(Say::Wrote("Ana Soler".into())), knock: true });
        assert_eq!(told[1], Told { case: 4.into(), say: Some(Say::Changed), knock: false });
        assert_eq!(told.len(), 2);
        // One's own words are not read out to oneself; the page shows them all the same.
        let own = Event { person: Some(ME), by_partner: false, ..event(Kind::Message, 3) };
        assert_eq!(tell(&page, &[own]), [Told { case: 3.into(), say: None, knock: false }]);
    }

    #[test]
    fn a_clock_that_ran_out_is_told_to_whom_it_is_meant_wherever_they_are() {
        let ran_out = Event { name: "lead".into(), person: None, by_partner: false, ..event(Kind::Breach, 3) };
        let reader = |role| Reader { role: Some(role), ..staff(Knock::Off) };
        let told = tell(&reader(Role::Lead), &[ran_out.clone(), event(Kind::Note, 3)]);
        assert_eq!(told, [Told { case: 3.into(), say: Some(Say::RanOut), knock: false }]);
        for other in [Role::Agent, Role::Owner, Role::Finance, Role::Auditor] {
            assert!(!hears(&Reader { list: true, ..reader(other) }, &ran_out), "{other:?}");
        }
        assert!(hears(&Reader { case: Some(3.into()), ..reader(Role::Agent) }, &ran_out));
        assert!(!hears(&member(), &ran_out));
    }

    #[test]
    fn who_was_away_too_long_begins_anew() {
        let at = |text: &str| text.parse::<Snapshot>().expect("snapshot");
        assert!(!is_lost(&at("100:100:"), &at("120:120:"), 99));
        assert!(is_lost(&at("100:100:"), &at("120:120:"), 100));
        assert!(is_lost(&at("100:130:"), &at("120:120:"), 0));
    }

    proptest! {
        #[test]
        fn no_partner_is_told_of_anothers_case(partner in 0_i64..4, case in 0_i64..4, kind in 0_usize..7, list: bool, open in 0_i64..4) {
            let reader = Reader { person: ME, side: Side::Partner(1.into()), role: None, case: Some(open.into()), list };
            let event = Event { partner: partner.into(), ..event(Kind::ALL[kind], case) };
            prop_assert!(tell(&reader, std::slice::from_ref(&event)).is_empty() || (partner == 1 && event.kind != Kind::Note));
        }
    }
}

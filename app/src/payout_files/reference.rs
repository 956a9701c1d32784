//! The name of a payment: what goes out with it, comes back on a statement, and is sometimes typed by hand.

use super::model::Order;

/// Names a payout for the bank: `PD-`, its number, and two check digits over the number (ISO 7064 MOD 97-10), which
/// find every mistyped digit and every two swapped neighbours. At most 25 characters, and 18 for a number of up to 12
/// digits. The number is above zero, as the database gives it; the name of any other does not read back.
pub fn end_to_end_id(payout: i64) -> String {
    let check = 98 - (payout.rem_euclid(97) * 100) % 97;
    format!("PD-{payout}-{check:02}")
}

/// The payout that a name stands for. Lower case, spaces and missing dashes are tolerated, since banks and people
/// change those; digits are not.
pub fn payout_of(end_to_end_id: &str) -> Option<i64> {
    let bare = compact(end_to_end_id);
    let digits = bare.strip_prefix("PD")?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let payout = digits.get(..digits.len().checked_sub(2)?)?.parse().ok().filter(|payout| *payout > 0)?;
    // Comparing the whole name also refuses leading zeros and the check digits 00, 01 and 99.
    (compact(&self::end_to_end_id(payout)) == bare).then_some(payout)
}

fn compact(id: &str) -> String {
    id.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

/// What a rail shows that has room for one short text only and sends nothing else back: the remittance (already in the
/// rail's characters) where it fits and holds the end-to-end id, otherwise the id alone, at worst without its dashes. A
/// reference is never cut: half an id finds no payment. Empty where not even that fits.
pub(super) fn on_statement(order: &Order, remittance: &str, longest: usize) -> String {
    let id = &order.end_to_end_id;
    if remittance.len() <= longest && remittance.contains(id.as_str()) {
        return remittance.to_owned();
    }
    if id.len() <= longest {
        return id.clone();
    }
    let short = compact(id);
    if short.len() <= longest { short } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_digits_are_those_of_the_standard() {
        // ISO 7064 itself: 0794 has the check digits 44.
        assert_eq!(end_to_end_id(794), "PD-794-44");
        assert_eq!(end_to_end_id(1), "PD-1-95");
        assert_eq!(end_to_end_id(97), "PD-97-98");
    }

    #[test]
    fn what_banks_and_people_do_to_it_is_undone() {
        for text in ["PD-794-44", "pd-794-44", "  PD-794-44\n", "PD79444", "pd 794 44", "PD 79444", "PD-794 -44"] {
            assert_eq!(payout_of(text), Some(794), "{text}");
        }
    }

    #[test]
    fn anything_else_is_nothing() {
        for text in [
            "",
            "PD",
            "PD-",
            "PD--",
            "PD-44",
            "PD-0-98",
            "PD-0794-44",
            "PD-794-45",
            "794-44",
            "PD-794",
            "QD-794-44",
            "PD-٧٩٤-44",
            "PD-99999999999999999999-11",
            "XPD-794-44",
            "PD-7_9_4-44",
        ] {
            assert_eq!(payout_of(text), None, "{text}");
        }
        assert_eq!(payout_of(&end_to_end_id(0)), None);
        assert_eq!(payout_of(&end_to_end_id(-5)), None);
        assert_eq!(payout_of(&end_to_end_id(i64::MIN)), None);
    }

    #[test]
    fn a_short_reference_keeps_the_id_whole() {
        let mut order = samples::order(1);
        order.end_to_end_id = "PD-794-44".to_owned();
        assert_eq!(on_statement(&order, "October PD-794-44", 18), "October PD-794-44");
        assert_eq!(on_statement(&order, "October 2026 PD-794-44", 18), "PD-794-44");
        assert_eq!(on_statement(&order, "October", 18), "PD-794-44");
        assert_eq!(on_statement(&order, "October", 8), "PD79444");
        assert_eq!(on_statement(&order, "October", 6), "");
    }

    proptest! {
        #[test]
        fn it_reads_back(payout in 1..=i64::MAX) {
            let id = end_to_end_id(payout);
            prop_assert!(id.len() <= 25);
            prop_assert_eq!(payout_of(&id), Some(payout));
        }

        #[test]
        fn a_mistyped_digit_is_found(payout in 1..=i64::MAX, at in any::<prop::sample::Index>(), other in 1..10_u8) {
            let mut id = end_to_end_id(payout).into_bytes();
            let places: Vec<_> = (0..id.len()).filter(|at| id[*at].is_ascii_digit()).collect();
            let at = places[at.index(places.len())];
            id[at] = b'0' + (id[at] - b'0' + other) % 10;
            prop_assert_eq!(payout_of(std::str::from_utf8(&id).expect("ascii")), None);
        }

        #[test]
        fn two_swapped_neighbours_are_found(payout in 1..=i64::MAX, at in any::<prop::sample::Index>()) {
            let right = compact(&end_to_end_id(payout));
            let mut id = right.clone().into_bytes();
            let at = 2 + at.index(id.len() - 3);
            id.swap(at, at + 1);
            let swapped = String::from_utf8(id).expect("ascii");
            prop_assert_eq!(payout_of(&swapped), (swapped == right).then_some(payout));
        }

        #[test]
        fn a_moved_dash_never_makes_it_another_payout(payout in 1..=i64::MAX, at in any::<prop::sample::Index>()) {
            let mut id = end_to_end_id(payout).into_bytes();
            let at = at.index(id.len() - 1);
            id.swap(at, at + 1);
            let found = payout_of(std::str::from_utf8(&id).expect("ascii"));
            prop_assert!(found.is_none_or(|found| found == payout));
        }

        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            let _ = payout_of(&text);
        }
    }
}

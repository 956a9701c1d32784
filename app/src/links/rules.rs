//! Which addresses are kept, which may be asked, and when a link counts as dead.

use super::model::{Finding, State};
use crate::base::access::{self, Who};
use chrono::{DateTime, TimeDelta, Utc};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest address that is kept; the database has the same.
const LONGEST: usize = 2_000;
/// So many failures in a row make a link dead that may only be away.
const FAILURES: i32 = 3;

/// Whether an address belongs into the register: a page of ours, or one elsewhere. Mail addresses and places within a page
/// are followed by nobody else than the reader.
pub fn is_kept(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let elsewhere = ["https://", "http://"]
        .iter()
        .any(|scheme| lower.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')));
    let ours = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    (elsewhere || ours)
        && address.chars().count() <= LONGEST
        && !address.chars().any(|letter| letter.is_control() || letter.is_whitespace())
}

/// The addresses in a plain text: what begins with `http://` or `https://`, without the punctuation of the sentence around it.
pub fn addresses(text: &str) -> Vec<String> {
    let found = text.split(|letter: char| letter.is_whitespace() || "<>\"«»“”".contains(letter)).filter_map(|word| {
        let lower = word.to_ascii_lowercase();
        let begins = ["https://", "http://"].iter().filter_map(|scheme| lower.find(scheme)).min()?;
        let address = word.get(begins..)?.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*']);
        is_kept(&lowered_scheme(address)).then(|| lowered_scheme(address))
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found.dedup();
    found
}

/// The same address with its scheme in small letters, as the register keeps it.
pub fn lowered_scheme(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        None => address.to_owned(),
    }
}

/// Whether an address of the internet is anybody's: not this machine, not somebody's own network, not one that is used for
/// nothing public (IANA's registries of special-purpose addresses, RFC 6890 and what updates it).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3; of that, Teredo, benchmarks and ORCHID (2001::/23), documentation and 6to4 hide others.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && second < 0x0200)
        && !(first == 0x2001 && second == 0x0db8)
        && !(first == 0x3fff && second < 0x1000)
        && first != 0x2002
}

/// Whether a page of ours is there for whoever reads the link, by the table of routes.
pub fn own_page(path: &str, for_partners: bool) -> Finding {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match access::find("GET", path) {
        None => Finding::NoPage,
        Some(route) if for_partners && !for_members(route.who) => Finding::NotForPartners,
        Some(_) => Finding::Answers(None),
    }
}

fn for_members(who: Who) -> bool {
    matches!(who, Who::Anyone | Who::SignedIn | Who::Members | Who::Speaking)
}

/// What a status of HTTP says of a link. Who asks for a sign-in or for patience is there.
pub fn of_status(status: u16) -> Finding {
    match status {
        200..=299 | 401 | 403 | 407 | 429 => Finding::Answers(Some(status)),
        _ => Finding::Status(status),
    }
}

/// A link after a check: its state, the failures in a row, and when to look again.
pub fn after(failures: i32, finding: Finding, now: DateTime<Utc>) -> (State, i32, DateTime<Utc>) {
    let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
    let failures = failures.saturating_add(1);
    match finding {
        Finding::Answers(_) => (State::Works, 0, now + day),
        Finding::Status(404 | 410) | Finding::NoPage | Finding::NotForPartners | Finding::PrivateAddress => {
            (State::Dead, failures, now + day)
        }
        _ if failures >= FAILURES => (State::Dead, failures, now + day),
        _ => (State::Doubtful, failures, now + hour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_leave_the_sentence_behind() {
        let text = "See https://example.org/a?b=c. Or (HTTP://Example.org/x), «https://example.org/ñ»; not ftp://x, https://, /payouts";
        assert_eq!(addresses(text), ["http://Example.org/x", "https://example.org/a?b=c", "https://example.org/ñ"]);
    }

    #[test]
    fn what_only_the_reader_follows_is_not_kept() {
        for bad in [
            "mailto:a@example.org",
            "#part",
            "",
            "//example.org",
            "/\\example.org",
            "javascript:x",
            "https:///x",
            "/a b",
        ] {
            assert!(!is_kept(bad), "{bad}");
        }
        assert!(is_kept("/help/minimum") && is_kept("/") && is_kept("https://example.org"));
    }

    #[test]
    fn nobody_is_led_into_a_network_of_their_own() {
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::7f00:1",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(private.parse().expect("address")), "{private}");
        }
        for public in
            ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1", "2606:4700::1111", "2a00::1"]
        {
            assert!(is_public(public.parse().expect("address")), "{public}");
        }
    }

    #[test]
    fn our_own_pages_are_in_the_table_of_routes() {
        assert_eq!(own_page("/payouts", true), Finding::Answers(None));
        assert_eq!(own_page("/payouts?x=1#past", true), Finding::Answers(None));
        assert_eq!(own_page("/desk", true), Finding::NotForPartners);
        assert_eq!(own_page("/desk", false), Finding::Answers(None));
        assert_eq!(own_page("/payout", false), Finding::NoPage);
        assert_eq!(own_page("/do/reply", false), Finding::NoPage, "nothing to look at");
    }

    #[test]
    fn a_link_that_is_gone_is_dead_and_one_that_is_away_gets_three_chances() {
        let now = DateTime::from_timestamp(1_291_192_000, 0).expect("time");
        assert_eq!(after(0, Finding::Status(404), now).0, State::Dead);
        assert_eq!(after(0, of_status(403), now).0, State::Works);
        let (first, failures, _) = after(0, Finding::NoAnswer, now);
        let (second, failures, _) = after(failures, of_status(503), now);
        let (third, failures, next) = after(failures, Finding::Refused, now);
        assert_eq!([first, second, third], [State::Doubtful, State::Doubtful, State::Dead]);
        assert_eq!((failures, next), (3, now + TimeDelta::days(1)));
        assert_eq!(after(failures, Finding::Answers(Some(200)), now).1, 0);
    }

    proptest! {
        #[test]
        fn what_is_found_in_a_text_is_kept(text in "\\PC{0,80}") {
            let around = format!("{text} https://example.org/{text}");
            prop_assert!(addresses(&around).iter().all(|address| is_kept(address)));
        }

        #[test]
        fn every_mapped_address_is_judged_by_what_it_hides(bits in any::<u32>()) {
            let inside = Ipv4Addr::from(bits);
            prop_assert_eq!(is_public(IpAddr::V6(inside.to_ipv6_mapped())), is_public(IpAddr::V4(inside)));
        }
    }
}

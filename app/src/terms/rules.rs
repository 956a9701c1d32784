//! Which version counts. Pure; the SQL function `terms_at` says the same for one moment.

use super::model::{OfferTerms, Told, Version};

/// Whether a version never reaches this partner, because a more specific one of the same field is in force by its start and
/// for as long: what is agreed with the partner comes before what holds for everybody.
pub fn is_overridden(version: &Version, all: &[Told]) -> bool {
    version.scope.partner.is_none()
        && all.iter().any(|told| {
            let other = &told.version;
            other.field == version.field
                && other.scope.partner.is_some()
                && (other.scope.offer.is_none() || other.scope.offer == version.scope.offer)
                && other.valid_from <= version.valid_from
                && other.valid_until.is_none_or(|end| version.valid_until.is_some_and(|until| until <= end))
        })
}

/// The offers with terms of their own, apart from those where what holds in general applies; and how many these are.
pub fn split_offers(offers: Vec<OfferTerms>, general: &[Version]) -> (Vec<OfferTerms>, usize) {
    let is_general = |version: &Option<Version>| {
        version.as_ref().is_none_or(|version| general.iter().any(|general| general.id == version.id))
    };
    let (same, own): (Vec<_>, Vec<_>) = offers
        .into_iter()
        .partition(|offer| is_general(&offer.rate) && is_general(&offer.hold_days) && is_general(&offer.validation));
    (own, same.len())
}

#[cfg(test)]
mod tests {
    use super::super::model::{Field, Scope};
    use super::*;
    use crate::base::ids::{OfferId, PartnerId};
    use chrono::{DateTime, Utc};

    fn version(id: i64, offer: Option<i64>, partner: Option<i64>, at: i64) -> Version {
        Version {
            id: id.into(),
            field: Field::Rate,
            kind: "percent".into(),
            value: 8.into(),
            rule: crate::commissions::model::Rule::default(),
            valid_from: DateTime::<Utc>::from_timestamp(at, 0).expect("time"),
            valid_until: None,
            scope: Scope { programme: 1.into(), offer: offer.map(OfferId), partner: partner.map(PartnerId) },
            proposal: None,
        }
    }

    fn told(version: Version) -> Told {
        let (by, stopped) = (None, false);
        Told { decided_at: version.valid_from, version, offer: None, reason: "Agreed".into(), by, stopped }
    }

    #[test]
    fn what_is_agreed_with_the_partner_comes_first() {
        let own = told(version(1, None, Some(7), 100));
        let own_of_offer = told(version(2, Some(3), Some(7), 100));
        let later = version(3, None, None, 200);
        let later_of_offer = version(4, Some(3), None, 200);
        assert!(is_overridden(&later, std::slice::from_ref(&own)));
        assert!(is_overridden(&later_of_offer, std::slice::from_ref(&own)));
        assert!(is_overridden(&later_of_offer, std::slice::from_ref(&own_of_offer)));
        // The offer's own terms leave the other offers to what holds in general.
        assert!(!is_overridden(&later, std::slice::from_ref(&own_of_offer)));
        // Before the partner's own terms began, the general ones counted.
        assert!(!is_overridden(&version(5, None, None, 50), std::slice::from_ref(&own)));
        assert!(!is_overridden(&own.version, &[told(later.clone())]));
        // What is lent to the partner leaves the rest to the general ones, save for what ends before.
        let until = |at| DateTime::<Utc>::from_timestamp(at, 0);
        let lent = told(Version { valid_until: until(300), ..own.version.clone() });
        assert!(!is_overridden(&later, std::slice::from_ref(&lent)));
        assert!(is_overridden(&Version { valid_until: until(250), ..later }, std::slice::from_ref(&lent)));
    }

    #[test]
    fn offers_without_terms_of_their_own_are_counted() {
        let general = [version(1, None, None, 0)];
        let offer = |name: &str, rate: &Version| OfferTerms {
            name: name.into(),
            rate: Some(rate.clone()),
            hold_days: None,
            validation: None,
        };
        let own = version(2, Some(3), None, 0);
        let (own, same) = split_offers(vec![offer("Gifts", &general[0]), offer("Lamps", &own)], &general);
        assert_eq!((own.len(), own[0].name.as_str(), same), (1, "Lamps", 1));
    }
}

//! Whether a message is from whom it says: what one's own mail server found, and nobody else's. Pure.

use super::model::{Incoming, Proof};

/// What one's own mail server found out about who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is from the domain of its From.
    Proven,
    /// Nothing says so, and nothing says that it is not.
    Unproven,
    /// It is not from there.
    Forged,
}

/// What the mail server of this name found out about whether a message is from the domain of its From.
///
/// DMARC (RFC 7489) decides where it says pass or fail. Where the domain has no such policy, SPF (RFC 7208) or DKIM (RFC 6376)
/// that passed for that domain proves it: a message that was forwarded fails the first, one that a list changed fails the
/// second. Where neither did, one that failed shows that it is forged. A server that says nothing has found nothing. What other
/// servers wrote counts for nothing: anybody can write it. That one's own server takes out forged verdicts in its name is
/// RFC 8601, section 5.
pub fn finding(message: &Incoming, server: &str) -> Finding {
    let server = server.to_lowercase();
    let proofs: Vec<&Proof> = message
        .verdicts
        .iter()
        .filter(|verdict| verdict.server == server)
        .flat_map(|verdict| &verdict.proofs)
        .collect();
    let says = |method: &str, result: &str| proofs.iter().any(|proof| proof.method == method && proof.result == result);
    if says("dmarc", "fail") {
        return Finding::Forged;
    }
    let domain = message.from.as_deref().and_then(|from| from.rsplit_once('@')).map_or("", |(_, domain)| domain);
    let proved = proofs.iter().any(|proof| {
        proof.result == "pass"
            && matches!(proof.method.as_str(), "spf" | "dkim")
            && proof.domain.as_deref().is_some_and(|of| aligned(domain, of))
    });
    if proved || says("dmarc", "pass") {
        return Finding::Proven;
    }
    match says("spf", "fail") || says("spf", "softfail") || says("dkim", "fail") {
        true => Finding::Forged,
        false => Finding::Unproven,
    }
}

/// The same domain, or one below the other: relaxed alignment, without the list of public suffixes.
fn aligned(from: &str, proved: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        outer.contains('.') && inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(from, proved) || below(proved, from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::model::Verdict;

    fn message(server: &str, proofs: &[(&str, &str, &str)]) -> Incoming {
        let proofs = proofs
            .iter()
            .map(|(method, result, domain)| Proof {
                method: (*method).into(),
                result: (*result).into(),
                domain: (!domain.is_empty()).then(|| (*domain).to_owned()),
            })
            .collect();
        let verdicts = vec![Verdict { server: server.into(), proofs }];
        Incoming { from: Some("gala@shop.example".into()), verdicts, ..Incoming::default() }
    }

    fn found(proofs: &[(&str, &str, &str)]) -> Finding {
        finding(&message("mx.desk.example", proofs), "MX.desk.example")
    }

    fn forged(proofs: &[(&str, &str, &str)]) -> bool {
        found(proofs) == Finding::Forged
    }

    #[test]
    fn dmarc_decides() {
        assert!(forged(&[("dmarc", "fail", "shop.example"), ("spf", "pass", "shop.example")]));
        assert!(!forged(&[("dmarc", "pass", "shop.example"), ("spf", "fail", "")]));
    }

    #[test]
    fn without_dmarc_one_proof_of_the_domain_is_enough() {
        assert!(forged(&[("spf", "fail", "shop.example"), ("dkim", "none", "")]));
        assert!(forged(&[("spf", "softfail", "shop.example")]));
        assert!(!forged(&[("spf", "fail", "forwarder.example"), ("dkim", "pass", "shop.example")]));
        assert!(!forged(&[("dkim", "fail", "shop.example"), ("spf", "pass", "bounces.shop.example")]));
        // Somebody proved to be somebody else.
        assert!(forged(&[("spf", "fail", "shop.example"), ("dkim", "pass", "evil.example")]));
        assert!(forged(&[("dkim", "fail", "shop.example"), ("spf", "pass", "example")]));
    }

    #[test]
    fn silence_proves_nothing() {
        assert_eq!(found(&[]), Finding::Unproven);
        assert_eq!(found(&[("dkim", "none", ""), ("spf", "none", ""), ("dmarc", "none", "")]), Finding::Unproven);
        // Somebody else was proved.
        assert_eq!(found(&[("spf", "pass", "bulk.example")]), Finding::Unproven);
        assert_eq!(found(&[("dkim", "pass", "shop.example")]), Finding::Proven);
        assert_eq!(found(&[("dmarc", "pass", "")]), Finding::Proven);
    }

    #[test]
    fn nobody_elses_verdict_counts() {
        let other = message("mx.evil.example", &[("dmarc", "fail", "shop.example")]);
        assert_eq!(finding(&other, "mx.desk.example"), Finding::Unproven);
        let praise = message("mx.evil.example", &[("dmarc", "pass", "shop.example")]);
        assert_eq!(finding(&praise, "mx.desk.example"), Finding::Unproven);
        let mut both = message("mx.evil.example", &[("dmarc", "pass", "shop.example")]);
        both.verdicts.extend(message("mx.desk.example", &[("spf", "fail", "")]).verdicts);
        assert_eq!(finding(&both, "mx.desk.example"), Finding::Forged);
    }
}

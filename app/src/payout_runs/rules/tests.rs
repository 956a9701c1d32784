use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("day")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

fn pounds() -> Currency {
    Currency::parse("GBP").expect("code")
}

fn terms() -> Terms {
    Terms {
        currency: pounds(),
        zone: Tz::Europe__London,
        cutoff: day("2011-03-31"),
        pay_day: day("2011-04-15"),
        off_cycle: false,
        now: at("2011-04-02T09:00:00Z"),
    }
}

fn paypal() -> Method {
    Method { id: 7, kind: MethodKind::PayPal, usable_from: at("2011-01-01T00:00:00Z") }
}

fn candidate(payable: &str) -> Candidate {
    Candidate {
        partner: PartnerId(1),
        currency: pounds(),
        payable: dec(payable),
        ring_fenced: Decimal::ZERO,
        minimum: Some(dec("50")),
        schedule: None,
        method: Some(paypal()),
        unconfirmed: false,
        in_doubt: false,
        refused: None,
        closed: false,
        contest_ends: None,
        in_hold: None,
        awaits_approval: Decimal::ZERO,
        review: None,
        taxed: Taxed::default(),
        before: Before { amounts: vec![dec("60"), dec("55")], method: Some(7) },
    }
}

fn reasons(verdict: &Verdict) -> Vec<Block> {
    match verdict {
        Verdict::Pay(..) => Vec::new(),
        Verdict::Blocked(blocked) => blocked.iter().map(|one| one.reason).collect(),
    }
}

#[test]
fn enough_and_nothing_in_the_way_is_paid() {
    assert_eq!(decide(&terms(), &candidate("50.00")), Verdict::Pay(7, vec![]));
}

#[test]
fn every_reason_is_named_the_weightiest_first() {
    let all = Candidate {
        method: None,
        ring_fenced: dec("3"),
        schedule: Some(Schedule::Monthly(20)),
        review: Some(Review { until: at("2011-05-01T00:00:00Z"), day: day("2011-05-01"), reason: "Traffic".into() }),
        ..candidate("-12.60")
    };
    let verdict = decide(&terms(), &all);
    assert_eq!(
        reasons(&verdict),
        [Block::Owes, Block::UnderReview, Block::UnderMinimum, Block::NoMethod, Block::Contested, Block::NotDue]
    );
    let Verdict::Blocked(blocked) = verdict else { panic!("paid") };
    assert_eq!((blocked[0].amount, blocked[2].amount), (Some(dec("12.60")), Some(dec("62.60"))));
    // Midnight in London, in summer time.
    assert_eq!(blocked[5].until, Some(at("2011-04-19T23:00:00Z")));
}

#[test]
fn a_method_that_cannot_or_may_not_yet_is_no_way() {
    let iban = Method { kind: MethodKind::Iban, ..paypal() };
    let sterling = Candidate { method: Some(iban), ..candidate("60") };
    assert_eq!(reasons(&decide(&terms(), &sterling)), [Block::MethodCannotPay]);
    let changed = Method { usable_from: at("2011-04-05T00:00:00Z"), ..paypal() };
    let verdict = decide(&terms(), &Candidate { method: Some(changed), ..candidate("60") });
    assert_eq!(verdict, Verdict::Blocked(vec![Blocked::new(Block::MethodChanged, None, Some(changed.usable_from))]));
}

#[test]
fn what_is_contested_keeps_only_itself_back() {
    assert_eq!(decide(&terms(), &Candidate { ring_fenced: dec("9"), ..candidate("60") }), Verdict::Pay(7, vec![]));
    let only = Candidate { ring_fenced: dec("9"), ..candidate("0") };
    assert_eq!(reasons(&decide(&terms(), &only)), [Block::Contested]);
    assert_eq!(decide(&terms(), &candidate("0")), Verdict::Blocked(vec![]));
}

#[test]
fn what_is_contested_has_the_day_of_its_end() {
    let ends = at("2011-06-20T23:00:00Z");
    let only = Candidate { ring_fenced: dec("9"), contest_ends: Some(ends), ..candidate("0") };
    let expected = Blocked::new(Block::Contested, Some(dec("9")), Some(ends));
    assert_eq!(decide(&terms(), &only), Verdict::Blocked(vec![expected]));
}

#[test]
fn money_that_is_only_in_hold_is_named_with_the_day_of_the_first() {
    let first = at("2011-04-20T10:00:00Z");
    let only = Candidate { in_hold: Some((dec("4"), first)), awaits_approval: dec("2"), ..candidate("0") };
    let held = Blocked::new(Block::InHold, Some(dec("4")), Some(first));
    let waits = Blocked::new(Block::AwaitsApproval, Some(dec("2")), None);
    assert_eq!(decide(&terms(), &only), Verdict::Blocked(vec![held, waits]));
    assert_eq!(decide(&terms(), &Candidate { payable: dec("60"), ..only }), Verdict::Pay(7, vec![]));
}

#[test]
fn nobody_is_paid_after_their_account_was_closed() {
    let closed = Candidate { closed: true, ..candidate("60") };
    assert_eq!(reasons(&decide(&terms(), &closed)), [Block::Closed]);
    let held = Candidate { payable: dec("0"), in_hold: Some((dec("4"), at("2011-04-20T10:00:00Z"))), ..closed };
    assert_eq!(reasons(&decide(&terms(), &held)), [Block::Closed, Block::InHold]);
    assert_eq!(decide(&terms(), &Candidate { in_hold: None, ..held }), Verdict::Blocked(vec![]));
}

#[test]
fn what_a_bank_refused_for_its_account_is_not_sent_there_again() {
    let refused = |code: &str| decide(&terms(), &Candidate { refused: Some(code.into()), ..candidate("60") });
    for code in ["AC04", "AC01", "AC03", "AG01", "BE01", "RC01", "ac04"] {
        let expected = Blocked { code: Some(code.into()), ..Blocked::new(Block::BankRefused, None, None) };
        assert_eq!(refused(code), Verdict::Blocked(vec![expected]), "{code}");
    }
    for code in ["AM04", "AC06", "FF01", "MS03", "RECEIVER_UNREGISTERED", "ZZ99", ""] {
        assert_eq!(refused(code), Verdict::Pay(7, vec![]), "{code}");
    }
}

#[test]
fn off_cycle_asks_neither_minimum_nor_schedule() {
    let terms = Terms { off_cycle: true, ..terms() };
    let small = Candidate { schedule: Some(Schedule::Monthly(20)), ..candidate("1.00") };
    assert_eq!(decide(&terms, &small), Verdict::Pay(7, vec![]));
    assert_eq!(reasons(&decide(&terms, &Candidate { method: None, ..small })), [Block::NoMethod]);
}

#[test]
fn what_is_unusual_is_said() {
    let first = Candidate { before: Before::default(), ..candidate("60") };
    assert_eq!(decide(&terms(), &first), Verdict::Pay(7, vec![Warning::FirstPayout]));
    let elsewhere = Before { method: Some(6), ..candidate("60").before };
    assert_eq!(
        decide(&terms(), &Candidate { before: elsewhere, ..candidate("172.51") }),
        Verdict::Pay(7, vec![Warning::NewMethod, Warning::Outlier])
    );
    assert_eq!(decide(&terms(), &candidate("172.50")), Verdict::Pay(7, vec![]));
}

//! Why a payment did not arrive, in words a person understands, and who does something about it.
//!
//! The codes are those of ISO 20022, external code sets ExternalStatusReason1Code (refused, pain.002) and
//! ExternalReturnReason1Code (sent back, camt), and the error names and numbers of PayPal Payouts
//! (developer.paypal.com, "View reports and transaction logs"). The words themselves are in the locale files under the
//! names of `key`.

/// What a reason code comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The partner's account is closed.
    AccountClosed,
    /// There is no such account, or its number is malformed.
    AccountNumberWrong,
    /// The partner's account may not take money.
    AccountBlocked,
    /// The account is not of a kind, or in a currency, that takes this payment.
    AccountUnsuitable,
    /// The name is not that of the account's holder.
    NameMismatch,
    /// The partner's name or address is not complete enough.
    AddressIncomplete,
    /// The partner has died.
    CreditorDeceased,
    /// The partner's bank is not known by what was given, or is not reached.
    BankWrong,
    /// The money waited and nobody claimed it.
    NotClaimed,
    /// The amount is too large, too small, or not as agreed.
    AmountRefused,
    /// Taken for the same payment twice.
    Duplicate,
    /// The programme's account did not hold enough.
    InsufficientFunds,
    /// Something is wrong with the programme's own account, data or right to order payments.
    ProgrammeAccount,
    /// Law or the bank's rules stand against it, or something they ask for is missing.
    Regulatory,
    /// Somebody suspects fraud.
    FraudSuspected,
    /// The file is not as the bank wants it.
    FormatWrong,
    /// Banks or the systems between them failed, or a cut-off time was missed.
    BankTrouble,
    /// Sent back because somebody asked for that.
    ReturnedOnRequest,
    /// The partner, or the partner's bank, does not say.
    ReasonNotGiven,
}

/// Who does something next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// The partner corrects the payout method or the legal details, or settles it with their bank.
    Partner,
    /// The programme: finance looks into it, with the bank or by itself.
    Programme,
    /// It was wanted so.
    Nobody,
}

impl Meaning {
    /// All of them, in the order of the locale files.
    pub const ALL: [Self; 19] = [
        Self::AccountClosed,
        Self::AccountNumberWrong,
        Self::AccountBlocked,
        Self::AccountUnsuitable,
        Self::NameMismatch,
        Self::AddressIncomplete,
        Self::CreditorDeceased,
        Self::BankWrong,
        Self::NotClaimed,
        Self::AmountRefused,
        Self::Duplicate,
        Self::InsufficientFunds,
        Self::ProgrammeAccount,
        Self::Regulatory,
        Self::FraudSuspected,
        Self::FormatWrong,
        Self::BankTrouble,
        Self::ReturnedOnRequest,
        Self::ReasonNotGiven,
    ];

    /// Its name in the locale files.
    pub fn key(self) -> &'static str {
        match self {
            Self::AccountClosed => "account_closed",
            Self::AccountNumberWrong => "account_number_wrong",
            Self::AccountBlocked => "account_blocked",
            Self::AccountUnsuitable => "account_unsuitable",
            Self::NameMismatch => "name_mismatch",
            Self::AddressIncomplete => "address_incomplete",
            Self::CreditorDeceased => "creditor_deceased",
            Self::BankWrong => "bank_wrong",
            Self::NotClaimed => "not_claimed",
            Self::AmountRefused => "amount_refused",
            Self::Duplicate => "duplicate",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ProgrammeAccount => "programme_account",
            Self::Regulatory => "regulatory",
            Self::FraudSuspected => "fraud_suspected",
            Self::FormatWrong => "format_wrong",
            Self::BankTrouble => "bank_trouble",
            Self::ReturnedOnRequest => "returned_on_request",
            Self::ReasonNotGiven => "reason_not_given",
        }
    }

    /// Who acts.
    pub fn next_step(self) -> NextStep {
        match self {
            Self::AccountClosed
            | Self::AccountNumberWrong
            | Self::AccountBlocked
            | Self::AccountUnsuitable
            | Self::NameMismatch
            | Self::AddressIncomplete
            | Self::BankWrong
            | Self::NotClaimed => NextStep::Partner,
            Self::CreditorDeceased
            | Self::AmountRefused
            | Self::Duplicate
            | Self::InsufficientFunds
            | Self::ProgrammeAccount
            | Self::Regulatory
            | Self::FraudSuspected
            | Self::FormatWrong
            | Self::BankTrouble
            | Self::ReasonNotGiven => NextStep::Programme,
            Self::ReturnedOnRequest => NextStep::Nobody,
        }
    }
}

/// What a code comes to; `None` for one that is not known, which is shown as it is.
pub fn meaning(code: &str) -> Option<Meaning> {
    use Meaning::{
        AccountBlocked, AccountClosed, AccountNumberWrong, AccountUnsuitable, AddressIncomplete, AmountRefused,
        BankTrouble, BankWrong, CreditorDeceased, Duplicate, FormatWrong, FraudSuspected, InsufficientFunds,
        NameMismatch, NotClaimed, ProgrammeAccount, ReasonNotGiven, Regulatory, ReturnedOnRequest,
    };
    let code = code.trim().to_ascii_uppercase();
    Some(match code.as_str() {
        "AC04" | "AC07" => AccountClosed,
        "AC01" | "AC03" | "BE23" => AccountNumberWrong,
        "AC06" | "AC16" | "AC17" | "RECEIVER_ACCOUNT_LOCKED" | "3015" => AccountBlocked,
        "AC09" | "AC11" | "AC12" | "AG01" | "AG03" | "AM03" | "AM11" | "CURR" => AccountUnsuitable,
        "BE01" | "BE06" | "BE21" | "BE22" | "UCRD" => NameMismatch,
        "BE04" | "BE09" | "BE11" | "BE12" | "BE14" | "BE15" | "BE17" | "BE18" | "RR03" => AddressIncomplete,
        "MD07" => CreditorDeceased,
        "AC08" | "AG06" | "AGNT" | "CNOR" | "ED01" | "RC01" | "RC02" | "RC04" | "RC05" | "RC07" | "RC08" | "RC10"
        | "RC11" => BankWrong,
        "CNPC" | "NOAS" | "RECEIVER_UNREGISTERED" | "14765" | "RECEIVER_UNCONFIRMED" => NotClaimed,
        "AM01"
        | "AM02"
        | "AM06"
        | "AM09"
        | "AM12"
        | "AM13"
        | "AM14"
        | "AM15"
        | "AM21"
        | "AM22"
        | "AM23"
        | "SL15"
        | "SL16"
        | "RECEIVING_LIMIT_EXCEEDED"
        | "8330"
        | "SPENDING_LIMIT_EXCEEDED"
        | "3017" => AmountRefused,
        "AM05" | "DU01" | "DU02" | "DU03" | "DU04" | "DU05" | "DUPL" | "RF01" => Duplicate,
        "AM04" | "INSUFFICIENT_FUNDS" | "1002" => InsufficientFunds,
        // BE08 is "debtor name missing" where a payment is refused and "bank error" where it is sent back: either way
        // it is for the programme. AC14 differs in who has to act, and is left out.
        "AC02"
        | "AC05"
        | "AC10"
        | "AC13"
        | "AG07"
        | "AG08"
        | "BE07"
        | "BE08"
        | "BE10"
        | "BE13"
        | "BE16"
        | "CN01"
        | "DNOR"
        | "RC03"
        | "RC06"
        | "RC09"
        | "RR01"
        | "RR02"
        | "SENDER_ACCOUNT_LOCKED"
        | "3014"
        | "SENDER_ACCOUNT_UNVERIFIED" => ProgrammeAccount,
        "AM07"
        | "ED03"
        | "NOCM"
        | "RR04"
        | "RR05"
        | "RR06"
        | "RR11"
        | "RR12"
        | "RECEIVER_COUNTRY_NOT_ALLOWED"
        | "3148"
        | "USER_COUNTRY_NOT_ALLOWED"
        | "1003"
        | "RISK_DECLINE"
        | "9302" => Regulatory,
        "FR01" | "FRAD" => FraudSuspected,
        "AG02" | "AM10" | "AM16" | "AM17" | "AM18" | "AM19" | "AM20" | "BE19" | "BE20" | "CH03" | "CH04" | "CH15"
        | "CH16" | "CH17" | "CH20" | "CH21" | "DT01" | "DT02" | "DT03" | "DT04" | "EDNA" | "FF01" | "FF02" | "FF03"
        | "FF04" | "FF05" | "FF06" | "FF07" | "FF08" | "RR07" | "RR08" | "RR09" | "RR10" | "TD02" | "TD03" => {
            FormatWrong
        }
        "AB01" | "AB02" | "AB03" | "AB04" | "AB05" | "AB06" | "AB07" | "AB08" | "AB09" | "AB10" | "AB11" | "AG09"
        | "AG10" | "AG11" | "DC02" | "DC04" | "DS28" | "DT05" | "ED05" | "ED06" | "FF10" | "FF11" | "TA01" | "TM01"
        | "UNDEFINED" | "1000" => BankTrouble,
        "CUST" | "DS02" | "FOCR" | "MD06" | "SP01" => ReturnedOnRequest,
        "MS02" | "MS03" | "NARR" | "RUTA" | "SL01" | "SL02" | "SL03" => ReasonNotGiven,
        _ => return None,
    })
}

/// Whether the same method would be refused for the same reason again: what the code names is written in the method
/// itself. An account that is only blocked for now, or a programme that was short of money, is tried again.
pub fn needs_another_method(code: &str) -> bool {
    matches!(
        meaning(code),
        Some(
            Meaning::AccountClosed
                | Meaning::AccountNumberWrong
                | Meaning::AccountUnsuitable
                | Meaning::NameMismatch
                | Meaning::BankWrong
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_codes() {
        for (code, expected, next) in [
            ("AC04", Meaning::AccountClosed, NextStep::Partner),
            ("AC01", Meaning::AccountNumberWrong, NextStep::Partner),
            ("AC06", Meaning::AccountBlocked, NextStep::Partner),
            ("BE01", Meaning::NameMismatch, NextStep::Partner),
            ("MD07", Meaning::CreditorDeceased, NextStep::Programme),
            ("AM05", Meaning::Duplicate, NextStep::Programme),
            ("AM04", Meaning::InsufficientFunds, NextStep::Programme),
            ("RR04", Meaning::Regulatory, NextStep::Programme),
            ("MS03", Meaning::ReasonNotGiven, NextStep::Programme),
            ("FF01", Meaning::FormatWrong, NextStep::Programme),
            ("RC01", Meaning::BankWrong, NextStep::Partner),
            ("FOCR", Meaning::ReturnedOnRequest, NextStep::Nobody),
            (" ac04 ", Meaning::AccountClosed, NextStep::Partner),
            ("RECEIVER_UNREGISTERED", Meaning::NotClaimed, NextStep::Partner),
        ] {
            assert_eq!(meaning(code).map(|meaning| (meaning, meaning.next_step())), Some((expected, next)), "{code}");
        }
        for code in ["", "ZZ99", "AC14", "AC0", "AC044"] {
            assert_eq!(meaning(code), None, "{code}");
        }
    }

    #[test]
    fn every_meaning_is_listed_once_under_a_name_of_its_own() {
        let mut keys: Vec<_> = Meaning::ALL.iter().map(|meaning| meaning.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Meaning::ALL.len());
    }
}

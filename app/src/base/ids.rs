//! Every id has its own type, so that one can't be passed for another.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// Who pays commissions.
    ProgrammeId,
    /// What is promoted.
    OfferId,
    /// An affiliate account.
    PartnerId,
    /// Someone who signs in.
    PersonId,
    /// A sale or lead, and the commission it earns.
    ConversionId,
    /// One movement in the ledger.
    TransferId,
    /// A conversation with a partner.
    CaseId,
    /// Claims of an offer, put to its advertiser together.
    EnquiryId,
    /// A case put to a lead or an owner.
    EscalationId,
    /// A request to change terms.
    ProposalId,
    /// One version of one field of the terms.
    TermsVersionId,
    /// A version of what a role may do without asking.
    AuthorityId,
    /// One run of an import.
    ImportId,
    /// One payout run.
    PayoutRunId,
    /// What one partner gets in one payout run.
    PayoutId,
    /// A file for the bank.
    PayoutFileId,
    /// A conversion under review.
    ContestId,
    /// A message that came in by mail.
    MailInId,
    /// A view of the queue that somebody saved.
    SavedViewId,
    /// A file in a message.
    AttachmentId,
    /// A text that staff send often.
    MacroId,
    /// A bonus and what it is for.
    PromoPackageId,
    /// A package for one partner.
    PromoGrantId,
    /// A help article.
    ArticleId,
    /// An address that an article or macro leads to.
    LinkId,
    /// A rate of the past put right for a partner.
    CorrectionId,
}

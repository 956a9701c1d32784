//! The design system: pages are put together from these words and have no look of their own.
//!
//! Everything is plain HTML that works without JavaScript and under a content security policy that forbids inline
//! styles and handlers; proportions are drawn with SVG attributes. Components are rendered on the server; only
//! [`islands`] exists in the browser as well.

pub mod islands;

#[cfg(feature = "ssr")]
pub mod badge;
#[cfg(feature = "ssr")]
pub mod blocked;
#[cfg(feature = "ssr")]
pub mod case;
#[cfg(feature = "ssr")]
pub mod chart;
#[cfg(feature = "ssr")]
pub mod compare;
#[cfg(feature = "ssr")]
pub mod empty;
#[cfg(feature = "ssr")]
pub mod escape;
#[cfg(feature = "ssr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod gauge;
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod hostile;
#[cfg(feature = "ssr")]
pub mod layout;
#[cfg(feature = "ssr")]
pub mod money_line;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod query;
#[cfg(feature = "ssr")]
pub mod screen;
#[cfg(feature = "ssr")]
pub mod slip;
#[cfg(feature = "ssr")]
pub mod table;
#[cfg(feature = "ssr")]
pub mod text;
#[cfg(feature = "ssr")]
pub mod timeline;

#[cfg(feature = "ssr")]
pub use badge::Tone;
#[cfg(feature = "ssr")]
pub use compare::{before_after, differ};

/// The reader's language, for components that are not given the context. English outside a request.
#[cfg(feature = "ssr")]
pub(crate) fn locale() -> crate::base::language::Locale {
    leptos::prelude::use_context::<crate::base::context::Context>().map_or_else(Default::default, |ctx| ctx.locale)
}

//! What partners say of us in public: each complaint by its link, whose it is where that is known, the case about it, and
//! what came of it. Nothing is fetched from there, and only addresses of web pages are taken.

pub mod api;
pub mod model;
pub mod page;
pub mod rules;
pub mod store;

//! What everybody may do without asking, by role and by person; how low a margin may fall; what a decrease needs. Owners write
//! versions of all three, and see what was done within authority.

pub mod api;
pub mod page;
pub mod store;

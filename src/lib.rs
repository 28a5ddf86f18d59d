//! chaffinch
pub mod article;
pub mod extract;
pub mod failure;
pub mod page;

//! The one integration test binary; a module per theme.

mod architecture;

mod logs;
mod rules;

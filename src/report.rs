//! The public, versioned view that all formats render.

//! Log text in every field of a report that would like to be more than text.

//! From an accepted submission to a status that is the end.

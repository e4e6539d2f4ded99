//! Destroy, and what makes room for another object: what is in effect is guarded.

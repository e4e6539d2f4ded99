//! Create is idempotent, and what Adobe accepted is never lost.

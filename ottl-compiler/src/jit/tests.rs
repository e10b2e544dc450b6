//! Loops are planned where they can be.

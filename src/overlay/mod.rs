//! What the operator sees, drawn on any canvas.

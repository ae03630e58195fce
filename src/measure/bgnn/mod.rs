//! What Morphology-analysis (hdr-bgnn/Morphology-analysis, `Scripts/Traits_class.py`) computes from a mask, equal to its own output.
